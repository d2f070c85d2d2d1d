from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from groundplane.errors import InputError
from groundplane.machine.cancel import CancelToken, cancel_on_signals
from groundplane.run.cancel import cancel_run

if TYPE_CHECKING:
    from pathlib import Path

ENGINE = """
import sys, time
from pathlib import Path
from groundplane.machine.cancel import CancelToken, cancel_on_signals
from groundplane.run.lock import site_lock
token = CancelToken()
with cancel_on_signals(token), site_lock(Path(sys.argv[1]), holder="me@here", run="run-1"):
    print("held", flush=True)
    for _ in range(600):
        if token:
            print(token.why)
            break
        time.sleep(0.05)
"""


def test_the_first_reason_is_kept() -> None:
    token = CancelToken()
    assert not token
    token.cancel("Ctrl-C")
    token.cancel("later")
    assert token
    assert token.why == "Ctrl-C"


def test_ctrl_c_sets_the_token_instead_of_ending_the_process() -> None:
    token = CancelToken()
    before = signal.getsignal(signal.SIGINT)
    with cancel_on_signals(token):
        os.kill(os.getpid(), signal.SIGINT)
    assert token.why == "Ctrl-C"
    assert signal.getsignal(signal.SIGINT) is before


def test_a_run_is_cancelled_from_another_process(tmp_path: Path) -> None:
    engine = subprocess.Popen([sys.executable, "-c", ENGINE, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert engine.stdout is not None
    assert engine.stdout.readline() == "held\n"
    try:
        with pytest.raises(InputError, match="run-7 is not under way"):
            cancel_run(tmp_path, "run-7", holder="me@here")
        with pytest.raises(InputError, match="on here, not on this machine"):
            cancel_run(tmp_path, "run-1", holder="me@there")
        cancel_run(tmp_path, "run-1", holder="you@here")
        assert engine.stdout.read() == "asked to stop\n"
        assert engine.wait(10) == 0
    finally:
        engine.kill()
        engine.wait()


def test_nothing_at_work_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not under way"):
        cancel_run(tmp_path, "run-1", holder="me@here")
