"""Folders that a living process holds by a lock, and what processes left that were killed.

The kernel takes a lock away with its process, however that ended: a folder that nobody holds is nobody's any more.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

JUST_MADE_SECONDS = 5.0


@contextmanager
def held_folder(folder: Path) -> Iterator[None]:
    """This process holds the folder until the block ends. What goes with it has to be removed inside the block."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def remove_abandoned(folders: Iterable[Path], remove: Callable[[Path], None]) -> list[str]:
    """Has the folders removed that no living process holds; their names.

    Args:
        remove: called for each, while nobody else can take it.
    """
    gone = []
    for folder in sorted(folders):
        try:
            # Between being made and being locked a folder looks like a dead process's.
            if time.time() - folder.stat().st_ctime < JUST_MADE_SECONDS:
                continue
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            remove(folder)
            gone.append(folder.name)
        finally:
            os.close(descriptor)
    return gone
