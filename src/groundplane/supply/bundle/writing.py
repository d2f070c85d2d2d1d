"""Writes a bundle: a folder or a tar, under a name that ends in .part until it is whole.

A folder that was left half-written is gone on with: what is there and right is kept.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import shutil
import tarfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from groundplane.counting import size
from groundplane.errors import FailedError, InputError
from groundplane.supply.bundle.items import CHUNK, hash_file
from groundplane.supply.bundle.manifest import MANIFEST, SIGNATURE
from groundplane.supply.bundle.reading import PART

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from groundplane.supply.bundle.items import Item

RESERVE_BYTES = 64 << 20
"""What has to stay free on the disk."""


def check_target(target: Path, *, force: bool) -> None:
    """Refuses a target that is there.

    Raises:
        InputError: it exists, and `force` isn't set; or it's no bundle, and then force doesn't replace it either.
    """
    if not target.exists() and not target.is_symlink():
        return
    if not force:
        raise InputError(
            f"{target} exists",
            cure="Name another target, or replace it with --force (it stays until the new one is whole).",
        )
    if target.is_dir() and any(target.iterdir()) and not (target / MANIFEST).is_file():
        raise InputError(f"{target} is a folder but no bundle; it won't be replaced", cure="Name another target.")


def check_space(target: Path, items: Sequence[Item]) -> None:
    """Refuses to begin what can't end.

    Raises:
        FailedError: the disk has less room than the items take.
    """
    folder = next(parent for parent in (target.parent, *target.parent.parents) if parent.is_dir())
    part = part_of(target)
    there = sum(
        item.bytes
        for item in items
        if part.is_dir() and (part / item.path).is_file() and (part / item.path).stat().st_size == item.bytes
    )
    wanted = sum(item.bytes + 2 * tarfile.BLOCKSIZE for item in items) - there + RESERVE_BYTES
    free = shutil.disk_usage(folder).free
    if wanted > free:
        raise FailedError(
            f"{folder} has too little room for the bundle",
            why=f"it needs {size(wanted)}, {size(free)} are free",
            cure="Free some space, name a target on another disk, or leave out what an older bundle holds: --since OLD",
        )


def part_of(target: Path) -> Path:
    """The name while it is being written."""
    return target.with_name(target.name + PART)


def write_folder(
    target: Path,
    items: Sequence[Item],
    manifest: bytes,
    signature: str | None,
    *,
    advance: Callable[[int], None] = lambda _: None,
) -> None:
    """Writes the files, then the signature, then the manifest, and only then gives the folder its name.

    Args:
        advance: gets the number of bytes written or found right.

    Raises:
        FailedError: the disk is full or can't be written to, or an item isn't what it was said to be.
    """
    part = part_of(target)
    with explained(target):
        part.mkdir(parents=True, exist_ok=True)
        # Written last: a folder without it is no bundle.
        (part / MANIFEST).unlink(missing_ok=True)
        _remove_others(part, {item.path for item in items})
        for item in items:
            file = part / item.path
            if not (file.is_file() and file.stat().st_size == item.bytes and hash_file(file) == item.sha256):
                file.parent.mkdir(parents=True, exist_ok=True)
                _write(file, item, advance)
            else:
                advance(item.bytes)
            file.chmod(0o755 if item.program else 0o644)
        for name, data in _heads(manifest, signature).items():
            (part / name).write_bytes(data)
        os.sync()
        _replace(part, target)


def write_tar(
    target: Path,
    items: Sequence[Item],
    manifest: bytes,
    signature: str | None,
    *,
    folder: str,
    seconds: int,
    advance: Callable[[int], None] = lambda _: None,
) -> None:
    """The same as one tar: the manifest and its signature first, so that a reader knows what has to come.

    Args:
        folder: the one folder that everything in the tar lies in.
        seconds: the time of every file, seconds since 1970.

    Raises:
        FailedError: as `write_folder`.
    """
    part = part_of(target)
    with explained(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as sink:
            with tarfile.open(fileobj=sink, mode="w", format=tarfile.PAX_FORMAT) as archive:
                for name, data in _heads(manifest, signature).items():
                    archive.addfile(_member(f"{folder}/{name}", len(data), seconds), io.BytesIO(data))
                for item in items:
                    with item.open() as stream:
                        checked = _Checking(stream, item, advance)
                        archive.addfile(
                            _member(f"{folder}/{item.path}", item.bytes, seconds, program=item.program),
                            checked,
                        )
                        checked.finish()
            sink.flush()
            os.fsync(sink.fileno())
        _replace(part, target)


def _heads(manifest: bytes, signature: str | None) -> dict[str, bytes]:
    signed = {SIGNATURE: signature.encode()} if signature is not None else {}
    return {**signed, MANIFEST: manifest}


def _member(name: str, size: int, seconds: int, *, program: bool = False) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, seconds, 0o755 if program else 0o644
    return info


class _Checking:
    """A stream that is hashed and counted while it passes."""

    def __init__(self, stream: BinaryIO, item: Item, advance: Callable[[int], None]) -> None:
        self._stream, self._item, self._advance = stream, item, advance
        self._total = hashlib.sha256()
        self._count = 0

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._total.update(data)
        self._count += len(data)
        self._advance(len(data))
        return data

    def finish(self) -> None:
        """Raises FailedError where more, less or something else passed than was said."""
        if self._stream.read(1) or self._count != self._item.bytes or self._total.hexdigest() != self._item.sha256:
            raise _differs(self._item)


def _write(file: Path, item: Item, advance: Callable[[int], None]) -> None:
    temporary = file.with_name(f".{file.name[:200]}{PART}")
    with item.open() as stream, temporary.open("wb") as sink:
        checked = _Checking(stream, item, advance)
        while data := checked.read(CHUNK):
            sink.write(data)
        checked.finish()
    temporary.replace(file)


def _differs(item: Item) -> FailedError:
    return FailedError(
        f"{item.path} isn't what it was when the bundle was planned",
        why="its source changed, or was read wrongly",
        cure="Call again; where it happens again, look at the disk (dmesg).",
    )


def _remove_others(part: Path, wanted: set[str]) -> None:
    """What an earlier try for something else has left."""
    for file in part.rglob("*"):
        if (file.is_file() or file.is_symlink()) and str(file.relative_to(part)) not in wanted:
            file.unlink()


def _replace(part: Path, target: Path) -> None:
    if target.is_dir() and not target.is_symlink():
        old = target.with_name(f"{target.name}.old{PART}")
        shutil.rmtree(old, ignore_errors=True)
        target.rename(old)
        part.rename(target)
        shutil.rmtree(old)
    else:
        part.replace(target)


@contextmanager
def explained(target: Path) -> Iterator[None]:
    """Around work on the disk: what the system says becomes an error for people.

    Raises:
        FailedError: the disk is full, or the folder can't be written to.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise FailedError(
                f"The disk is full: {target} was not finished",
                why=error.strerror or "",
                cure=f"Free some space (df -h {target.parent}) and call again; a folder is gone on with.",
            ) from error
        raise FailedError(
            f"{target} can't be written",
            why=f"{error.filename or target}: {error.strerror or error}",
            cure=f"Check who owns {target.parent} and its permissions.",
        ) from error
