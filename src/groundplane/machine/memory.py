"""Folders that only we can read, in memory, for what must never touch a disk in clear."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.errors import FailedError
from groundplane.machine.abandoned import held_folder, remove_abandoned

if TYPE_CHECKING:
    from collections.abc import Iterator


def private_folder(path: Path) -> Path:
    """Makes the folder with mode 0700 where it is missing, and returns it.

    The parent may be writable by everybody (/dev/shm), so a folder that is there already has to be ours.

    Raises:
        FailedError: the folder can't be made, is a symbolic link, belongs to somebody else or is open to others.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat()
    except OSError as error:
        raise FailedError(
            f"The folder {path} can't be made",
            why=error.strerror or str(error),
            cure="Set XDG_RUNTIME_DIR to a folder in memory that is yours, for example /run/user/$(id -u).",
        ) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise FailedError(
            f"{path} can't be trusted with secrets",
            why="it has to be a folder of your own that nobody else can read (mode 0700)",
            cure=f"Look at it (ls -ld {path}), remove it if it is not in use, and call again.",
        )
    return path


@contextmanager
def temporary_private_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """A folder of mode 0700 inside `parent`, removed with all that is in it at the end.

    A killed process can't remove its own; the next one with the same prefix does it. The owner's lock on the folder
    tells which are in use.

    Raises:
        FailedError: `parent` can't be trusted (see `private_folder`).
    """
    remove_abandoned(private_folder(parent).glob(f"{prefix}*"), _remove)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    with held_folder(folder):
        try:
            yield folder
        finally:
            _remove(folder)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
