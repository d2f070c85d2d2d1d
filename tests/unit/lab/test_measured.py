"""What was measured outlives the call, also one that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.errors import FailedError
from groundplane.lab.measured import (
    APPLY,
    FILE,
    VERIFY,
    Measured,
    Stopwatch,
    measuring,
    read_measured,
    write_measured,
)
from groundplane.lab.memory_use import MemoryUse
from groundplane.lab.state import LabFolder
from tests.unit.lab.small_lab import small_lab

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> LabFolder:
    found = LabFolder(tmp_path, "tiny")
    found.save(small_lab())
    return found


def test_kept_and_added_to(folder: LabFolder) -> None:
    assert read_measured(folder) == Measured()
    first = Measured(MemoryUse({"a": 5}, 5, 9), {APPLY: 60.0, VERIFY: 9.0})
    write_measured(folder, first)
    assert read_measured(folder) == first
    more = first.with_more(MemoryUse({"a": 4}, 4, 12), {VERIFY: 7.0})
    assert more == Measured(MemoryUse({"a": 5}, 5, 12), {APPLY: 60.0, VERIFY: 7.0})


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"memory": {"nodes": 3}, "phases": {}}'])
def test_a_damaged_file_is_nothing(folder: LabFolder, text: str) -> None:
    (folder.root / FILE).write_text(text)
    assert read_measured(folder) == Measured()


def test_a_call_that_fails_leaves_what_it_measured(folder: LabFolder) -> None:
    clock = Stopwatch()

    def deploy() -> None:
        with measuring(folder, clock, dict), clock.phase(APPLY):
            raise FailedError("a step failed")

    with pytest.raises(FailedError, match="a step failed"):
        deploy()
    assert list(read_measured(folder).phases) == [APPLY]
    assert read_measured(folder).memory.machine > 0


def test_a_full_disk_does_not_hide_what_failed(folder: LabFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise FailedError("The disk is full")

    monkeypatch.setattr("groundplane.lab.measured.write_measured", full)

    def deploy() -> None:
        with measuring(folder, Stopwatch(), dict):
            raise FailedError("a step failed")

    with pytest.raises(FailedError, match="a step failed"):
        deploy()


def test_a_phase_that_only_looked_is_not_kept() -> None:
    clock = Stopwatch()
    with clock.phase(APPLY):
        pass
    clock.nothing_done(APPLY)
    assert clock.phases == {}
    assert clock.seconds >= 0
