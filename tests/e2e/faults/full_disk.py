"""A disk of its own for a site's state, so small that a file can fill it."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.e2e.faults.records import Records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE = 4096
UNMOUNT_SECONDS = 30


class SmallDisk:
    """The disk below a state folder."""

    def __init__(self, folder: Path) -> None:
        self._filler = folder / "filler"

    def fill(self) -> None:
        """To the last page."""
        with self._filler.open("ab", buffering=0) as file:
            for size in (1 << 20, PAGE):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise

    def make_room(self) -> None:
        self._filler.unlink(missing_ok=True)


@contextmanager
def small_disk(state: Path, *, room: int) -> Iterator[SmallDisk]:
    """The state folder lies on a disk in memory with `room` bytes to spare. Needs root, as the lab does.

    Afterwards it is where it was, with all that was written meanwhile; with what it held before where its journal is
    broken, which then lies beside it.
    """
    disk = state.with_name(f"{state.name}.disk")
    disk.mkdir(mode=0o700)
    size = needed(state) + room
    _mount("-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", str(disk))
    try:
        shutil.copytree(state, disk, symlinks=True, dirs_exist_ok=True)
        _mount("--bind", str(disk), str(state))
        found = SmallDisk(disk)
        try:
            yield found
        finally:
            found.make_room()
            _unmount(state)
            if Records(disk).whole():
                _take_over(disk, state)
            else:
                shutil.copytree(disk, state.with_name(f"{state.name}.broken"), dirs_exist_ok=True)
    finally:
        _unmount(disk)
        disk.rmdir()


def needed(folder: Path) -> int:
    """Bytes that a disk in memory takes for the folder: whole pages, one for each folder too."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return PAGE * (1 + sum(1 for _ in folder.rglob("*")) + sum(-(-path.stat().st_size // PAGE) for path in files))


def _take_over(new: Path, state: Path) -> None:
    """The folder's place is taken in one step each way; what was before goes last."""
    fresh, old = (state.with_name(f"{state.name}.{word}") for word in ("new", "old"))
    shutil.copytree(new, fresh, symlinks=True)
    state.rename(old)
    fresh.rename(state)
    os.sync()
    shutil.rmtree(old)


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True, capture_output=True, text=True)


def _unmount(folder: Path) -> None:
    until = time.monotonic() + UNMOUNT_SECONDS
    while True:
        done = subprocess.run(["umount", str(folder)], check=False, capture_output=True, text=True)
        if done.returncode == 0:
            return
        assert time.monotonic() < until, done.stderr
        time.sleep(0.5)
