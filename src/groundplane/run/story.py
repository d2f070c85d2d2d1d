"""What a run's journal tells: its timeline, critical path, slowest tasks, failures. For people and for programs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from groundplane.run.events import EventKind, WorkState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundplane.run.journal.models import EventRow, RunHostRow, RunRow, RunStepRow
    from groundplane.run.journal.store import Journal

SLOWEST = 10


@dataclass(frozen=True, slots=True)
class SlowTask:
    """A task of a step; `seconds` on its slowest host."""

    step: str
    task: str
    host: str
    seconds: float


@dataclass(frozen=True, slots=True)
class RunStory:
    """One run."""

    run: RunRow
    steps: tuple[RunStepRow, ...]
    hosts: tuple[RunHostRow, ...]
    critical_path: tuple[str, ...]
    """The chain of steps that the run's length came from, first to last."""
    slowest_tasks: tuple[SlowTask, ...]

    def failures(self) -> tuple[RunHostRow, ...]:
        return tuple(row for row in self.hosts if row.state in (WorkState.FAILED, WorkState.UNREACHABLE))

    def seconds(self) -> float:
        """Until now where it still goes on."""
        return ((self.run.finished_at or datetime.now(UTC)) - self.run.started_at).total_seconds()


def read_story(journal: Journal, run: str) -> RunStory:
    """The story of a run (its id, the end of it, or `last`).

    Raises:
        InputError: there is no such run.
    """
    row = journal.run(run)
    steps = journal.steps(row.id)
    results = journal.events(row.id, kinds=[EventKind.TASK_RESULT])
    return RunStory(
        run=row,
        steps=tuple(steps),
        hosts=tuple(journal.hosts(row.id)),
        critical_path=critical_path(steps),
        slowest_tasks=slowest_tasks(results),
    )


def critical_path(steps: Sequence[RunStepRow]) -> tuple[str, ...]:
    """From the step that ended last back over the need that ended last, and so on."""
    ended = {row.step: row for row in steps if row.finished_at is not None and row.started_at is not None}
    if not ended:
        return ()

    def end(name: str) -> datetime:
        found = ended[name].finished_at
        return found if found is not None else datetime.min.replace(tzinfo=UTC)

    path = [max(ended, key=end)]
    while needs := [need for need in ended[path[-1]].needs if need in ended and need not in path]:
        path.append(max(needs, key=end))
    return tuple(reversed(path))


def slowest_tasks(results: Sequence[EventRow], most: int = SLOWEST) -> tuple[SlowTask, ...]:
    slowest: dict[tuple[str, str], SlowTask] = {}
    for event in results:
        seconds = float((event.data or {}).get("seconds") or 0.0)
        key = (event.step or "", event.task or "")
        if key not in slowest or seconds > slowest[key].seconds:
            slowest[key] = SlowTask(key[0], key[1], event.host or "", seconds)
    return tuple(sorted(slowest.values(), key=lambda task: -task.seconds)[:most])


def run_as_data(row: RunRow) -> dict[str, Any]:
    """A run for programs; times are ISO 8601."""
    return {
        "run": row.id,
        "command": row.command,
        "state": row.state,
        "reason": row.reason,
        "holder": row.holder,
        "started_at": _iso(row.started_at),
        "finished_at": _iso(row.finished_at),
        "check": row.dry,
        "parallel": row.parallel,
        "resumes": row.resumes,
    }


def story_as_data(story: RunStory) -> dict[str, Any]:
    """A whole run for programs."""
    return {
        **run_as_data(story.run),
        "seconds": round(story.seconds(), 3),
        "steps": [
            {
                "step": row.step,
                "description": row.description,
                "wave": row.wave,
                "state": row.state,
                "started_at": _iso(row.started_at),
                "finished_at": _iso(row.finished_at),
                "hosts": row.hosts,
                "error": row.error,
            }
            for row in story.steps
        ],
        "hosts": [
            {
                "step": row.step,
                "host": row.host,
                "state": row.state,
                "ok": row.ok,
                "changed": row.changed,
                "failed": row.failed,
                "skipped": row.skipped,
                "task": row.task,
                "reason": row.reason,
            }
            for row in story.hosts
        ],
        "critical_path": list(story.critical_path),
        "slowest_tasks": [
            {"step": task.step, "task": task.task, "host": task.host, "seconds": task.seconds}
            for task in story.slowest_tasks
        ],
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
