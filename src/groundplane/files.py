"""Files are written as temp, fsync, rename: a reader sees the old file or the new one, never half of one."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from groundplane.errors import FailedError


def write_atomically(path: Path, content: str | bytes, mode: int = 0o644) -> None:
    """Writes a file whole or not at all.

    `mode` is set before the first byte is written, so a secret file is never readable in between. Missing
    parent folders are made. A symbolic link is followed, so that the link stays one.

    Raises:
        FailedError: the disk is full, or the folder can't be written to. The old file still stands.
    """
    target = path.resolve() if path.is_symlink() else path
    data = content.encode() if isinstance(content, str) else content
    temporary: str | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)  # noqa: PTH105 - a descriptor's name, not a Path
        temporary = None
        _sync_folder(target.parent)
    except OSError as error:
        raise _told(target, error) from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """The rename itself is on disk only after the folder is."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _told(path: Path, error: OSError) -> FailedError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return FailedError(
            f"The disk is full: {path} was not written",
            why=error.strerror or "",
            cure=f"Free some space (df -h {path.parent}) and call again; what stood there before still stands.",
        )
    return FailedError(
        f"{path} can't be written",
        why=error.strerror or str(error),
        cure=f"Check who owns {path.parent} and its permissions (ls -ld {path.parent}).",
    )
