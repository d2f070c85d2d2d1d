"""A full place is named by its name."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_runner.exceptions import AnsibleRunnerException, CallbackError

from groundplane.errors import FailedError, GroundplaneError
from groundplane.run.room import playbook_error

MEMORY, STATE = Path("/memory/of-1000"), Path("/site/.groundplane")
NO_SPACE = os.strerror(errno.ENOSPC)


def told(error: Exception) -> GroundplaneError:
    return playbook_error("a.step could not be run", error, memory=MEMORY, state=STATE)


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> set[Path]:
    """The places without room."""
    found: set[Path] = set()

    def statvfs(place: Path) -> Any:
        room = 0 if place in found else 10**9
        return SimpleNamespace(f_bavail=room, f_frsize=1, f_files=10, f_favail=5)

    monkeypatch.setattr(os, "statvfs", statvfs)
    return found


def test_the_errors_own_file_says_it(full: set[Path]) -> None:
    full |= {MEMORY, STATE}
    state = told(OSError(errno.ENOSPC, NO_SPACE, f"{STATE}/runs/r/a.step.log"))
    assert state.what == f"The disk is full: the state in {STATE} can't be written"
    assert str(MEMORY) not in state.cure
    memory = told(OSError(errno.ENOSPC, NO_SPACE, f"{MEMORY}/r-x/steps/a.step/hosts.json"))
    assert str(MEMORY) in memory.what
    assert str(STATE) not in memory.what + memory.cure


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, NO_SPACE), AnsibleRunnerException(f"Failed: [Errno 28] {NO_SPACE}")]
)
def test_where_the_error_names_no_file_the_place_without_room_is_named(error: Exception, full: set[Path]) -> None:
    full.add(STATE)
    assert str(STATE) in told(error).what
    full.clear()
    full.add(MEMORY)
    assert str(MEMORY) in told(error).what
    assert f"df -h {MEMORY})" in told(error).cure


def test_where_neither_or_both_are_full_both_are_named(full: set[Path]) -> None:
    error = OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))
    assert f"df -h {MEMORY} {STATE}" in told(error).cure
    full |= {MEMORY, STATE}
    assert f"df -h {MEMORY} {STATE}" in told(error).cure


def test_what_said_it_already_is_passed_on(full: set[Path]) -> None:
    full.add(MEMORY)
    first = FailedError("The disk is full: the journal can't be written")
    error = CallbackError("Exception in Cancel Callback")
    error.__cause__ = first
    assert told(error) is first


def test_what_has_nothing_to_do_with_room_says_nothing_of_it(full: set[Path]) -> None:
    full.add(MEMORY)
    error = told(PermissionError(errno.EACCES, "Permission denied", f"{MEMORY}/x"))
    assert error.what == "a.step could not be run"
    assert "Permission denied" in error.why
    assert "df" not in error.cure
