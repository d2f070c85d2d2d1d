"""The launcher for real: with processes that are killed, and that try to get away."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from groundplane.run import launcher

# A worker in a session of its own, as Ansible's are, and one that ignores SIGTERM.
RUNAWAY = """
import os, signal, sys, time
from pathlib import Path
if os.fork() == 0:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Path(sys.argv[1], f"worker.{os.getpid()}").touch()
    time.sleep(60)
else:
    Path(sys.argv[1], f"main.{os.getpid()}").touch()
    time.sleep(60)
"""

ENGINE = """
import subprocess, sys, os
child = subprocess.Popen([sys.executable, "-I", sys.argv[1], str(os.getpid()), *sys.argv[2:]])
print(child.pid, flush=True)
child.wait()
"""


def config(folder: Path, *words: str, stop: tuple[str, ...] = ()) -> Path:
    path = folder / "launch.json"
    path.write_text(json.dumps({"words": words, "environment": {"COLOUR": "blue"}, "stop": stop}))
    return path


def launch(folder: Path, file: Path) -> subprocess.Popen[str]:
    words = [sys.executable, "-I", launcher.__file__, str(os.getpid()), str(folder / "lock.steps"), str(file)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def wait_for(folder: Path, pattern: str) -> int:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        for path in folder.glob(pattern):
            return int(path.suffix[1:])
        time.sleep(0.02)
    raise AssertionError(f"no {pattern}")


def is_gone(process: int) -> bool:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def steps_lock_is_free(folder: Path) -> bool:
    with (folder / "lock.steps").open("r+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@pytest.mark.parametrize("code", [0, 2, 4])
def test_the_exit_code_is_the_programs_own(tmp_path: Path, code: int) -> None:
    started = launch(tmp_path, config(tmp_path, "sh", "-c", f"echo $COLOUR; exit {code}"))
    assert started.communicate(timeout=20)[0] == "blue\n"
    assert started.returncode == code


def test_sigterm_ends_workers_in_sessions_of_their_own(tmp_path: Path) -> None:
    started = launch(tmp_path, config(tmp_path, sys.executable, "-c", RUNAWAY, str(tmp_path)))
    main, worker = wait_for(tmp_path, "main.*"), wait_for(tmp_path, "worker.*")
    assert not steps_lock_is_free(tmp_path)
    started.send_signal(signal.SIGTERM)
    assert started.wait(15) == launcher.EXIT_STOPPED
    assert is_gone(main)
    assert is_gone(worker)
    assert steps_lock_is_free(tmp_path)


def test_a_killed_engine_leaves_nothing_at_work(tmp_path: Path) -> None:
    file = config(tmp_path, sys.executable, "-c", RUNAWAY, str(tmp_path))
    words = [sys.executable, "-c", ENGINE, launcher.__file__, str(tmp_path / "lock.steps"), str(file)]
    engine = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert engine.stdout is not None
    started = int(engine.stdout.readline())
    main, worker = wait_for(tmp_path, "main.*"), wait_for(tmp_path, "worker.*")
    engine.kill()
    engine.wait()
    assert is_gone(started)
    assert is_gone(main)
    assert is_gone(worker)
    assert steps_lock_is_free(tmp_path)


def test_a_container_is_ended_by_its_own_words(tmp_path: Path) -> None:
    stop = ("touch", str(tmp_path / "stopped"))
    started = launch(tmp_path, config(tmp_path, sys.executable, "-c", RUNAWAY, str(tmp_path), stop=stop))
    wait_for(tmp_path, "worker.*")
    started.send_signal(signal.SIGTERM)
    assert started.wait(15) == launcher.EXIT_STOPPED
    assert (tmp_path / "stopped").exists()


def test_nothing_is_started_where_the_next_engine_holds_the_site(tmp_path: Path) -> None:
    with (tmp_path / "lock.steps").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        started = launch(tmp_path, config(tmp_path, "touch", str(tmp_path / "began")))
        assert started.wait(10) == launcher.EXIT_ORPHANED
    assert not (tmp_path / "began").exists()


def test_nothing_is_started_for_an_engine_that_is_gone(tmp_path: Path) -> None:
    file = config(tmp_path, "touch", str(tmp_path / "began"))
    words = [sys.executable, "-I", launcher.__file__, "1", str(tmp_path / "lock.steps"), str(file)]
    assert subprocess.run(words, check=False).returncode == launcher.EXIT_ORPHANED
    assert not (tmp_path / "began").exists()


def test_a_missing_program_is_told(tmp_path: Path) -> None:
    started = launch(tmp_path, config(tmp_path, "no-such-program"))
    assert started.wait(10) == 127
