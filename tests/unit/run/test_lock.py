from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from groundplane.errors import FailedError, LockedError
from groundplane.run import lock
from groundplane.run.lock import lock_file, lock_holder, prepare_state, site_lock, state_error, steps_lock_file

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys, time
from pathlib import Path
from groundplane.run.lock import site_lock
with site_lock(Path(sys.argv[1]), holder="eve@elsewhere", run="run-1"):
    print("held", flush=True)
    time.sleep(60)
"""


def hold(state: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(state)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_is_told_who_holds_the_lock_and_how_to_see_it(tmp_path: Path) -> None:
    process = hold(tmp_path)
    try:
        holder = lock_holder(tmp_path)
        assert holder is not None
        assert (holder.holder, holder.run, holder.pid) == ("eve@elsewhere", "run-1", process.pid)
        with pytest.raises(LockedError) as caught, site_lock(tmp_path, holder="me@here", run="run-2"):
            pass
        assert "eve@elsewhere" in caught.value.what
        assert "groundplane logs run-1 --follow" in caught.value.cure
        assert caught.value.exit_code == 3
    finally:
        process.kill()
        process.wait()


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    process = hold(tmp_path)
    process.kill()
    process.wait()
    assert lock_holder(tmp_path) is None
    with site_lock(tmp_path, holder="me@here", run="run-2"):
        found = lock_holder(tmp_path)
        assert found is not None
        assert found.run == "run-2"
    assert lock_holder(tmp_path) is None


def test_what_an_earlier_run_started_has_to_end_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "WAIT_SECONDS", 0.2)
    prepare_state(tmp_path)
    orphan = os.open(steps_lock_file(tmp_path), os.O_RDWR | os.O_CREAT)
    fcntl.flock(orphan, fcntl.LOCK_SH)
    try:
        with pytest.raises(LockedError, match="earlier run"), site_lock(tmp_path, holder="me", run="r"):
            pass
    finally:
        os.close(orphan)
    with site_lock(tmp_path, holder="me", run="r"):
        pass


def test_looking_never_disturbs(tmp_path: Path) -> None:
    assert lock_holder(tmp_path) is None
    assert not lock_file(tmp_path).exists()


def test_the_state_folder_is_private_and_kept_out_of_git(tmp_path: Path) -> None:
    prepare_state(tmp_path / "state")
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert "*" in (tmp_path / "state" / ".gitignore").read_text().splitlines()


def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    error = state_error(tmp_path, OSError(errno.ENOSPC, "No space left on device"))
    assert "disk is full" in error.what
    assert "--resume" in error.cure


def test_an_unusable_state_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(FailedError, match="can't be written"):
        prepare_state(tmp_path / "state")
