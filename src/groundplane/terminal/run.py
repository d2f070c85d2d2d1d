"""The live tree of a run in a terminal: layers, steps, hosts, the task at work, elapsed and expected time."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from groundplane.colours import ATTENTION, BAD, GOOD, NEW, QUIET
from groundplane.counting import counted, duration
from groundplane.run.events import EventKind, RunEvent, WorkState
from groundplane.run.watchers.plain import host_ending

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console, RenderableType

REFRESH_PER_SECOND = 4
MARKS = {
    WorkState.WAITING: ("·", QUIET),
    WorkState.DONE: ("✔", GOOD),
    WorkState.FAILED: ("✘", BAD),
    WorkState.UNREACHABLE: ("✘", BAD),
    WorkState.HELD_BACK: ("⏸", ATTENTION),
    WorkState.CANCELLED: ("■", ATTENTION),
    WorkState.INTERRUPTED: ("■", ATTENTION),
}
LONGEST_TASK = 60


@dataclass(slots=True)
class _Step:
    """What is known of a step now."""

    hosts: tuple[str, ...]
    state: WorkState = WorkState.WAITING
    started: datetime | None = None
    seconds: float | None = None
    task: str = ""
    note: str = ""
    """What was last said of the step besides its tasks."""
    answered: set[str] = field(default_factory=set)
    """Hosts that are through with the task at work."""
    failed: dict[str, dict[str, Any]] = field(default_factory=dict)
    changed: int = 0
    done: int = 0
    """Hosts, known at the end."""


class RichTreeWatcher:
    """Draws the tree while the run goes on, and leaves its last state on the screen."""

    def __init__(
        self, console: Console, *, expected: Mapping[str, float] | None = None, expected_run: float | None = None
    ) -> None:
        self._expected = dict(expected or {})
        self._expected_run = expected_run
        self._steps: dict[str, _Step] = {}
        self._run = ""
        self._started = datetime.now(UTC)
        self._finished: datetime | None = None
        self._spinner = Spinner("dots", style=NEW)
        self._live = Live(
            console=console, get_renderable=self.render, refresh_per_second=REFRESH_PER_SECOND, redirect_stderr=False
        )

    def see(self, event: RunEvent) -> None:
        data = event.data or {}
        if event.kind is EventKind.RUN_STARTED:
            self._run, self._started = event.run, event.at
            self._steps = {step: _Step(tuple(hosts)) for step, hosts in (data.get("steps") or {}).items()}
            self._live.start()
        elif event.kind is EventKind.RUN_FINISHED:
            self._finished = event.at
        elif event.step in self._steps:
            self._see_step(self._steps[event.step], event, data)

    def close(self) -> None:
        if self._live.is_started:
            self._live.stop()

    def render(self) -> RenderableType:
        """Lines of their own rather than a table: a long failure must not squeeze the columns."""
        now = self._finished or datetime.now(UTC)
        rows = {
            name: (self._name(step, name), self._hosts(step), self._times(name, step, now))
            for name, step in self._steps.items()
        }
        widths = [max((row[column].cell_len for row in rows.values()), default=0) for column in range(3)]
        head = Text.assemble(("Run ", "bold"), (self._run, f"bold {NEW}"), "  ")
        lines = [head + _time((now - self._started).total_seconds(), self._expected_run)]
        layer = ""
        for name, step in self._steps.items():
            own = name.partition(".")[0]
            if own != layer:
                layer = own
                lines.append(Text(layer, "bold"))
            line = Text("  ")
            for cell, width in zip(rows[name], widths, strict=True):
                cell.pad_right(width - cell.cell_len + 2)
                line += cell
            lines.append(line + _remark(step))
            lines += [Text(f"      {host_ending(host, ending)}", BAD) for host, ending in step.failed.items()]
        for line in lines:
            line.no_wrap, line.overflow = True, "ellipsis"
        return Group(*lines)

    def _see_step(self, step: _Step, event: RunEvent, data: dict[str, Any]) -> None:
        match event.kind:
            case EventKind.STEP_STARTED:
                step.state, step.started = WorkState.RUNNING, event.at
            case EventKind.TASK_STARTED:
                step.task, step.note, step.answered = event.task or "", "", set()
            case EventKind.NOTE:
                step.note = str(data.get("text", ""))
            case EventKind.TASK_RESULT:
                step.answered.add(event.host or "")
                if data.get("status") in ("failed", "unreachable"):
                    step.failed[event.host or ""] = {**data, "state": data["status"], "task": event.task}
            case EventKind.HOST_FINISHED:
                ended = data.get("state")
                if ended == WorkState.DONE:
                    step.done += 1
                    step.failed.pop(event.host or "", None)
                elif ended != WorkState.CANCELLED:
                    step.failed[event.host or ""] = data
            case EventKind.STEP_FINISHED:
                step.state = WorkState(str(data.get("state")))
                step.seconds = data.get("seconds")
                step.changed = int(data.get("changed") or 0)
            case _:
                pass

    def _name(self, step: _Step, name: str) -> Text:
        short = name.partition(".")[2]
        if step.state is WorkState.RUNNING:
            frame = self._spinner.render(time.monotonic())
            return Text.assemble(frame if isinstance(frame, Text) else "", " ", (short, "bold"))
        mark, style = MARKS[step.state]
        return Text.assemble((mark, style), " ", (short, "" if step.state is WorkState.DONE else style))

    @staticmethod
    def _hosts(step: _Step) -> Text:
        count = len(step.hosts)
        if step.state is WorkState.WAITING:
            return Text(counted(count, "host"), "dim")
        if step.state is WorkState.RUNNING:
            return Text(f"{min(len(step.answered), count)} of {counted(count, 'host')}")
        return Text(f"{step.done} of {counted(count, 'host')}", "" if step.done == count else BAD)

    def _times(self, name: str, step: _Step, now: datetime) -> Text:
        expected = self._expected.get(name)
        if step.state is WorkState.WAITING:
            return Text(f"~{duration(expected)}" if expected is not None else "", "dim")
        if step.state is WorkState.RUNNING and step.started is not None:
            return _time((now - step.started).total_seconds(), expected)
        return Text(duration(step.seconds) if step.seconds is not None else "", "dim")


def _time(elapsed: float, expected: float | None) -> Text:
    text = Text(duration(max(elapsed, 0.0)))
    if expected is not None:
        text.append(f" of ~{duration(expected)}", "dim")
    return text


def _remark(step: _Step) -> Text:
    if step.state is WorkState.RUNNING:
        task = step.task if len(step.task) <= LONGEST_TASK else f"{step.task[: LONGEST_TASK - 1]}…"
        return Text(step.note or task, NEW)
    if step.state is WorkState.DONE:
        return Text(f"{step.changed} changed" if step.changed else "nothing changed", GOOD if step.changed else QUIET)
    return Text("" if step.state is WorkState.WAITING else step.state.value.replace("_", " "), ATTENTION)
