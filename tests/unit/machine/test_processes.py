"""Programs that can be ended by their id and end when we do."""

from __future__ import annotations

import threading
import time

import pytest

from groundplane.errors import CancelledError, FailedError
from groundplane.machine.processes import Processes


def test_lines_arrive_as_they_come_and_the_code_is_given_back() -> None:
    lines: list[str] = []
    assert Processes().run(["sh", "-c", "echo one; echo two >&2; exit 3"], on_line=lines.append) == 3
    assert sorted(lines) == ["one", "two"]


def test_stopping_ends_what_runs_at_once_and_nothing_starts_afterwards() -> None:
    processes = Processes()
    began = threading.Event()

    def stop() -> None:
        assert began.wait(5)
        processes.stop()

    stopper = threading.Thread(target=stop)
    stopper.start()
    start = time.monotonic()
    with pytest.raises(CancelledError):
        processes.run(["sh", "-c", "echo begun; exec sleep 60"], on_line=lambda _line: began.set())
    assert time.monotonic() - start < 5
    stopper.join()
    with pytest.raises(CancelledError):
        processes.run(["true"], on_line=print)


def test_a_fault_while_reading_leaves_no_program_behind() -> None:
    processes = Processes()

    def fail(_line: str) -> None:
        raise OSError(28, "No space left on device")

    start = time.monotonic()
    with pytest.raises(OSError, match="No space left"):
        processes.run(["sh", "-c", "echo begun; exec sleep 60"], on_line=fail)
    assert time.monotonic() - start < 5


def test_a_program_that_is_missing_is_named() -> None:
    with pytest.raises(FailedError, match="no-such-program"):
        Processes().run(["no-such-program"], on_line=print)
