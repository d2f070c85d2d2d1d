"""What a site's journal says, read past Groundplane: the proof of what was done, and how often."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

FILE = "journal.sqlite"
BUSY_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Work:
    """A step on a host in a run. Times are ISO 8601 in UTC, without a zone; empty where it never began or ended."""

    run: str
    step: str
    host: str
    state: str
    began: str = ""
    ended: str = ""

    @property
    def done(self) -> bool:
        return self.state == "done"


@dataclass(frozen=True, slots=True)
class Twice:
    """A step that was done on a host in one run and begun there again in a later one."""

    step: str
    host: str
    done_in: str
    begun_again_in: str


class Records:
    """A journal, opened anew for each question: the engine may be killed at any time."""

    def __init__(self, state: Path) -> None:
        self._file = state / FILE

    def runs(self) -> list[tuple[str, str]]:
        """Id and state of all runs of `apply`, oldest first."""
        found = self._ask("select id, state from runs where command = 'apply' and not dry order by started_at, id")
        return [(run, state) for run, state in found]

    def after(self, before: Iterable[str]) -> list[str]:
        """The runs that weren't there before, oldest first."""
        known = set(before)
        return [run for run, _ in self.runs() if run not in known]

    def chain(self, runs: Sequence[str]) -> list[Work]:
        """The work of these runs, in their order."""
        return [
            Work(*(value or "" for value in row))
            for run in runs
            for row in self._ask(
                "select run, step, host, state, started_at, finished_at from run_hosts where run = ?"
                " order by started_at, step, host",
                run,
            )
        ]

    def planned(self, run: str) -> set[tuple[str, str]]:
        """(step, host) that a run was to do."""
        return {(work.step, work.host) for work in self.chain([run])}

    def whole(self) -> bool:
        """Whether the file is a database without a fault in it."""
        try:
            return [found for (found,) in self._ask("pragma integrity_check")] == ["ok"]
        except sqlite3.DatabaseError:
            return False

    def holder(self) -> str | None:
        """USER@HOST who wrote their name into the lock; None where nobody did."""
        try:
            said = self._file.with_name("lock").read_text(encoding="utf-8")
            return str(json.loads(said)["holder"]) if said else None
        except (FileNotFoundError, ValueError):
            return None

    def _ask(self, question: str, *values: str) -> list[tuple[str, ...]]:
        if not self._file.exists():
            return []
        with closing(sqlite3.connect(f"{self._file.as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)) as journal:
            return journal.execute(question, values).fetchall()


def done_twice(chain: Sequence[Work]) -> list[Twice]:
    """What was begun on a host although an earlier run had done it there; `chain` has the runs in their order."""
    return list(_twice(chain))


def _twice(chain: Sequence[Work]) -> Iterator[Twice]:
    done: dict[tuple[str, str], str] = {}
    for work in chain:
        place = (work.step, work.host)
        if work.began and done.get(place, work.run) != work.run:
            yield Twice(*place, done_in=done[place], begun_again_in=work.run)
        if work.done:
            done.setdefault(place, work.run)


def never_done(planned: Iterable[tuple[str, str]], chain: Iterable[Work]) -> set[tuple[str, str]]:
    return set(planned) - {(work.step, work.host) for work in chain if work.done}


def under_way(chain: Iterable[Work]) -> list[str]:
    """The steps that had begun and not ended."""
    return sorted({work.step for work in chain if work.state == "running"})
