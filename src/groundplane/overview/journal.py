"""A quick look at a site's journal: reads its SQLite file as it is, writes nothing and makes nothing.

The journal proper (run.journal) comes with SQLAlchemy, whose import alone takes longer than all that is said here.
The tables are those of run.journal.models; a test compares both.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from groundplane.overview.model import LayerState, Progress, RunView
from groundplane.run.events import Failure, RunState, WorkState
from groundplane.run.journal.reading import FILE, open_for_reading
from groundplane.run.verified import COMMAND, said_of_layers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from groundplane.run.lock import Holder

MOST_FAILURES = 20
LACKING = "lacking"
"""plan.model.ReasonKind."""
Key = tuple[str, str]
"""Step id and host."""

_OUTCOMES = {
    WorkState.FAILED.value: LayerState.FAILED,
    WorkState.UNREACHABLE.value: LayerState.FAILED,
    WorkState.INTERRUPTED.value: LayerState.INTERRUPTED,
    WorkState.CANCELLED.value: LayerState.INTERRUPTED,
    # Of a run whose engine is gone; while it lives it is told as what runs.
    WorkState.RUNNING.value: LayerState.INTERRUPTED,
}
_MISSED = (WorkState.FAILED.value, WorkState.UNREACHABLE.value)
_UNFINISHED = (RunState.INTERRUPTED.value, RunState.CANCELLED.value, RunState.FAILED.value)


@dataclass(frozen=True, slots=True)
class Applied:
    """The latest success of a step on a host."""

    at: datetime
    run: str
    digest: str


@dataclass(frozen=True, slots=True)
class Verified:
    """The latest time that a layer was verified as a whole, or a check of it failed."""

    at: datetime
    good: bool
    run: str


@dataclass(frozen=True, slots=True)
class Planned:
    """What a run wanted to do: the digest of the inputs, and where it was to build images that without their part."""

    digest: str
    rest: str = ""


@dataclass(frozen=True, slots=True)
class JournalLook:
    """What the journal says.

    Attributes:
        attempts: what did not end well since the latest success.
        running: steps at work in the run that goes on.
        resumable: the latest run of apply, where it didn't reach its end.
        planned: what is left of that run.
        trouble: why the journal can't be read; all else is empty then.
    """

    receipts: Mapping[Key, Applied] = field(default_factory=dict)
    attempts: Mapping[Key, LayerState] = field(default_factory=dict)
    running: frozenset[str] = frozenset()
    verified: Mapping[str, Verified] = field(default_factory=dict)
    last: RunView | None = None
    resumable: str | None = None
    planned: Mapping[Key, Planned] = field(default_factory=dict)
    progress: Progress | None = None
    trouble: str = ""


def look_at_journal(state: Path, site: str, holder: Holder | None) -> JournalLook:
    """What the journal in the state folder says of the site; nothing where there is none.

    Args:
        holder: who holds the site's lock now. A run that says it is running and isn't theirs was interrupted.
    """
    file = state / FILE
    try:
        if not file.is_file():
            return JournalLook()
        with closing(open_for_reading(file)) as connection:
            return _Reader(connection, site, holder.run if holder is not None else "").look()
    except (sqlite3.Error, OSError, ValueError) as error:
        return JournalLook(trouble=f"the journal {file} can't be read: {error}")


class _Reader:
    def __init__(self, connection: sqlite3.Connection, site: str, alive: str) -> None:
        self._connection = connection
        self._site = site
        self._alive = alive

    def look(self) -> JournalLook:
        runs = self._runs()
        receipts = self._receipts()
        resumable = next((run for run in runs if run.command == "apply" and not run.dry), None)
        if resumable is not None and resumable.state not in _UNFINISHED:
            resumable = None
        return JournalLook(
            receipts=receipts,
            attempts=self._attempts(),
            running=frozenset(self._steps(self._alive, WorkState.RUNNING)) if self._alive else frozenset(),
            verified=self._verified(runs),
            last=self._with_failures(runs[0]) if runs else None,
            resumable=resumable.id if resumable is not None else None,
            planned=self._planned(resumable, receipts) if resumable is not None else {},
            progress=self._progress() if self._alive else None,
        )

    def _all(self, query: str, *arguments: Any) -> list[Any]:
        return self._connection.execute(query, arguments).fetchall()

    def _runs(self) -> list[RunView]:
        rows = self._all(
            "SELECT id, command, state, holder, started_at, finished_at, reason, dry FROM runs WHERE site = ? "
            "ORDER BY started_at DESC, id DESC LIMIT 200",
            self._site,
        )
        return [self._run(row) for row in rows]

    def _run(self, row: tuple[Any, ...]) -> RunView:
        run, command, state, holder, began, ended, reason, dry = row
        if state == RunState.RUNNING and run != self._alive:
            state, reason = RunState.INTERRUPTED.value, reason or "the engine went away"
        return RunView(
            run, command, state, holder, _moment(began), _moment(ended) if ended else None, reason, dry=bool(dry)
        )

    def _with_failures(self, run: RunView) -> RunView:
        rows = self._all(
            "SELECT step, host, task, reason FROM run_hosts WHERE run = ? AND state IN (?, ?) "
            "ORDER BY started_at, step, host LIMIT ?",
            run.id,
            *_MISSED,
            MOST_FAILURES,
        )
        return replace(run, failures=tuple(Failure(*row) for row in rows))

    def _receipts(self) -> dict[Key, Applied]:
        rows = self._all(
            "SELECT step, host, applied_at, run, json_extract(fingerprint, '$.digest') FROM receipts WHERE site = ?",
            self._site,
        )
        return {(step, host): Applied(_moment(at), run, digest or "") for step, host, at, run, digest in rows}

    def _attempts(self) -> dict[Key, LayerState]:
        """As run.journal.receipts.Receipts.unfinished, which says more of each."""
        rows = self._all(
            "SELECT h.step, h.host, h.state FROM run_hosts h JOIN runs r ON r.id = h.run "
            "WHERE r.site = ? AND r.command = 'apply' AND r.dry = 0 AND r.id != ? AND h.started_at IS NOT NULL "
            "AND h.state != 'done' "
            "AND NOT EXISTS (SELECT 1 FROM receipts c WHERE c.site = r.site AND c.step = h.step AND c.host = h.host "
            "AND c.applied_at >= h.started_at) ORDER BY h.started_at",
            self._site,
            self._alive,
        )
        return {(step, host): _OUTCOMES[state] for step, host, state in rows if state in _OUTCOMES}

    def _verified(self, runs: Iterable[RunView]) -> dict[str, Verified]:
        """Of each layer what the newest verification that says something of it says (run.verified)."""
        found: dict[str, Verified] = {}
        for run in runs:
            if run.command != COMMAND:
                continue
            ((plan,),) = self._all("SELECT plan FROM runs WHERE id = ?", run.id)
            steps = self._all("SELECT step, state FROM run_steps WHERE run = ?", run.id)
            for layer, good in said_of_layers(plan, steps).items():
                found.setdefault(layer, Verified(run.began, good, run.id))
        return found

    def _steps(self, run: str, state: WorkState) -> list[str]:
        return [step for (step,) in self._all("SELECT step FROM run_steps WHERE run = ? AND state = ?", run, state)]

    def _progress(self) -> Progress | None:
        rows = self._all("SELECT step, state FROM run_steps WHERE run = ? ORDER BY number", self._alive)
        if not rows:
            return None
        under_way = (WorkState.WAITING, WorkState.RUNNING)
        return Progress(
            sum(state not in under_way for _, state in rows),
            len(rows),
            tuple(step for step, state in rows if state == WorkState.RUNNING),
        )

    def _planned(self, run: RunView, receipts: Mapping[Key, Applied]) -> dict[Key, Planned]:
        """What is left of the run's plan: see run.resume.left_of."""
        text = self._all("SELECT plan FROM runs WHERE id = ?", run.id)[0][0]
        steps = (json.loads(text) if text else {}).get("steps", ())
        # It was to build images: what came after that has other digests than were planned.
        built = any(reason["kind"] == LACKING for step in steps for host in step["hosts"] for reason in host["reasons"])
        left: dict[Key, Planned] = {}
        for step in steps:
            for host in step["hosts"]:
                fingerprint, receipt = host["fingerprint"], receipts.get((step["step"], host["host"]))
                since = receipt is not None and receipt.at >= run.began
                done = since and receipt is not None and (built or receipt.digest == fingerprint["digest"])
                if host["action"] != "up_to_date" and not done:
                    rest = _rest(fingerprint) if built else ""
                    left[step["step"], host["host"]] = Planned(fingerprint["digest"], rest)
        return left


def _rest(fingerprint: Mapping[str, Any]) -> str:
    from groundplane.overview.judgement import rest_of  # noqa: PLC0415 - carries the site's models

    return rest_of(fingerprint["inputs"], fingerprint["content"], fingerprint["release"])


def _moment(text: str) -> datetime:
    """As SQLAlchemy writes times to SQLite: without a zone, and UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
