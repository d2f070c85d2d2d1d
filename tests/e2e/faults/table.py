"""The table of the faults that were tried: a row each, kept from one call of the tests to the next."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

HEADS = ("fault", "what plan said", "what apply did", "seconds")
LONGEST = 240
"""Characters of a cell."""


@dataclass(frozen=True, slots=True)
class Row:
    """`seconds` is wall time, of what `apply_did` tells."""

    fault: str
    plan_said: str
    apply_did: str
    seconds: float

    def cells(self) -> tuple[str, ...]:
        return _cell(self.fault), _cell(self.plan_said), _cell(self.apply_did), f"{self.seconds:.0f}"


class Table:
    """Rows by fault. A fault that is tried again gets another row in the old one's place."""

    def __init__(self, file: Path, tell: Callable[[str], None]) -> None:
        """`file` is the Markdown that is written, anew after each row; beside it lies the same as JSON. `tell` gets a
        line for each row."""
        self._file = file
        self._data = file.with_suffix(".json")
        self._tell = tell
        self._rows: dict[str, Row] = {}
        if self._data.exists():
            for entry in json.loads(self._data.read_text(encoding="utf-8")):
                row = Row(**entry)
                self._rows[row.fault] = row

    def add(self, fault: str, *, plan_said: str, apply_did: str, seconds: float) -> None:
        row = Row(fault, plan_said, apply_did, round(seconds, 1))
        self._rows[fault] = row
        self._file.parent.mkdir(parents=True, exist_ok=True)
        rows = list(self._rows.values())
        self._data.write_text(json.dumps([asdict(one) for one in rows], indent=1), encoding="utf-8")
        self._file.write_text(markdown([one.cells() for one in rows]), encoding="utf-8")
        self._tell(" | ".join(row.cells()))


def markdown(rows: Sequence[Sequence[str]]) -> str:
    lines = [HEADS, tuple("---" for _ in HEADS), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _cell(text: str) -> str:
    line = " ".join(text.split()).replace("|", "\\|")
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def line_about(said: str, step: str) -> str:
    """What a plan in a pipe says of a step: the first line with its name."""
    return next((" ".join(line.split()) for line in said.splitlines() if step in line.split()), "")


def in_words(work: Mapping[tuple[str, str], str]) -> str:
    """For example "openstack.memcached on node1: done"."""
    return "; ".join(f"{step} on {host}: {state}" for (step, host), state in sorted(work.items()))
