"""What was measured while a lab was made: measured.json beside its lab.json."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError
from groundplane.files import write_atomically
from groundplane.lab.memory_use import MemoryUse, watched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from groundplane.lab.state import LabFolder

FILE = "measured.json"
NODES, IMAGES, APPLY, VERIFY = "nodes", "images", "apply", "verify"
"""Phases of `lab up`, in their order."""


@dataclass(frozen=True, slots=True)
class Measured:
    """
    Attributes:
        memory: the highest figures since the lab was made, over all calls of `lab up`.
        phases: seconds of each phase, of the latest call in which it did something.
    """

    memory: MemoryUse = field(default_factory=MemoryUse)
    phases: Mapping[str, float] = field(default_factory=dict)

    def with_more(self, memory: MemoryUse, phases: Mapping[str, float]) -> Measured:
        """After another call."""
        return Measured(self.memory.highest(memory), {**self.phases, **phases})

    def as_data(self) -> dict[str, Any]:
        return {"memory": self.memory.as_data(), "phases": {name: round(took, 1) for name, took in self.phases.items()}}


def read_measured(folder: LabFolder) -> Measured:
    """Nothing where nothing was measured, or the file is damaged: it is told to people, and nothing depends on it."""
    try:
        data = json.loads((folder.root / FILE).read_text(encoding="utf-8"))
        memory = data["memory"]
        return Measured(
            MemoryUse(
                {str(k): int(v) for k, v in memory["nodes"].items()}, int(memory["together"]), int(memory["machine"])
            ),
            {str(name): float(seconds) for name, seconds in data["phases"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Measured()


def write_measured(folder: LabFolder, measured: Measured) -> None:
    """Raises FailedError: the lab's folder can't be written."""
    write_atomically(folder.root / FILE, json.dumps(measured.as_data(), indent=2) + "\n")


class Stopwatch:
    """Seconds of the phases of one call."""

    def __init__(self) -> None:
        self._begin = time.monotonic()
        self.phases: dict[str, float] = {}

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self._begin

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Counts the block, also one that fails."""
        begin = time.monotonic()
        try:
            yield
        finally:
            self.phases[name] = time.monotonic() - begin

    def nothing_done(self, name: str) -> None:
        """The phase only looked: what it took when it did something is the more telling figure."""
        self.phases.pop(name, None)


@contextmanager
def measuring(folder: LabFolder, clock: Stopwatch, memory_folders: Callable[[], Mapping[str, Path]]) -> Iterator[None]:
    """Watches the nodes' memory while the block runs, and keeps that and the clock's phases, also where it fails.

    Args:
        memory_folders: see `memory_use.watched`.
    """
    with watched(memory_folders) as watch:
        try:
            yield
        finally:
            # A full disk is told by what was being done.
            with suppress(FailedError):
                write_measured(folder, read_measured(folder).with_more(watch.highest, clock.phases))
