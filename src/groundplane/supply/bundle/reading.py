"""A bundle as it lies there, a folder or a tar: which files it has, and their content.

Nothing is unpacked, and nothing trusted.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from groundplane.errors import FailedError, InputError
from groundplane.supply.bundle.items import CHUNK
from groundplane.supply.bundle.manifest import MANIFEST, SIGNATURE, Manifest, manifest_digest, read_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PART = ".part"
"""Ends the name of what is still being written."""


class Reader(Protocol):
    """Where a bundle's files are."""

    @property
    def path(self) -> Path: ...

    @property
    def sizes(self) -> Mapping[str, int]:
        """Path inside the bundle to size in bytes, of every file that is whole."""
        ...

    @property
    def damage(self) -> Mapping[str, str]:
        """Path to what is wrong with it, where that is known without reading the content."""
        ...

    @property
    def cut(self) -> bool:
        """Whether the end is missing."""
        ...

    def open(self, path: str) -> BinaryIO:
        """The content of a file; KeyError where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class FolderReader:
    """A folder."""

    path: Path
    sizes: Mapping[str, int]
    damage: Mapping[str, str]
    cut: bool = False

    def open(self, path: str) -> BinaryIO:
        if path not in self.sizes:
            raise KeyError(path)
        return (self.path / path).open("rb")


@dataclass(frozen=True, slots=True)
class TarReader:
    """A tar without compression; each file is a window of it."""

    path: Path
    windows: Mapping[str, tuple[int, int]]
    damage: Mapping[str, str]
    cut: bool = False
    sizes: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sizes", {path: size for path, (_, size) in self.windows.items()})

    def open(self, path: str) -> BinaryIO:
        offset, size = self.windows[path]
        return io.BufferedReader(_Window(self.path, offset, size), buffer_size=CHUNK)


class _Window(io.RawIOBase):
    """A part of a file, read by position: several can be read at once."""

    def __init__(self, file: Path, offset: int, size: int) -> None:
        self._descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        self._at, self._end = offset, offset + size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = os.pread(self._descriptor, min(len(buffer), self._end - self._at), self._at)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose manifest was read, and nothing checked.

    Attributes:
        text: the manifest's bytes, which the signature is over.
        signature: None for an unsigned bundle.
    """

    reader: Reader
    manifest: Manifest
    text: bytes
    signature: str | None

    @property
    def digest(self) -> str:
        return manifest_digest(self.text)

    @property
    def path(self) -> Path:
        return self.reader.path

    @property
    def is_tar(self) -> bool:
        return isinstance(self.reader, TarReader)


def open_bundle(path: Path) -> Bundle:
    """Reads a bundle's manifest.

    Raises:
        InputError: there is no such file, it's no bundle, it's one that was never finished, or its format is unknown.
    """
    if path.name.endswith(PART):
        raise InputError(
            f"{path} is a bundle that was never finished",
            cure="Call the same 'groundplane bundle create' again: it goes on with it.",
        )
    reader = open_reader(path)
    if MANIFEST not in reader.sizes:
        raise InputError(
            f"{path} is no bundle: it has no {MANIFEST}",
            why=reader.damage.get(MANIFEST, ""),
            cure="Name the folder or the tar that 'groundplane bundle create' made.",
        )
    text = read_all(reader, MANIFEST)
    signature = read_all(reader, SIGNATURE).decode(errors="replace") if SIGNATURE in reader.sizes else None
    return Bundle(reader, read_manifest(text, str(path)), text, signature)


def read_old_manifest(path: Path) -> tuple[Manifest, str]:
    """The manifest of a bundle, or a manifest alone, and its digest.

    Raises:
        InputError: as `open_bundle`.
    """
    if path.is_file() and path.suffix == ".json":
        text = path.read_bytes()
        return read_manifest(text, str(path)), manifest_digest(text)
    bundle = open_bundle(path)
    return bundle.manifest, bundle.digest


def open_reader(path: Path) -> Reader:
    """The files of a folder or tar.

    Raises:
        InputError: there is nothing, or it's neither.
        FailedError: it can't be read.
    """
    try:
        if path.is_dir():
            return _read_folder(path)
        if path.is_file():
            return _read_tar(path)
    except OSError as error:
        raise FailedError(f"{path} can't be read", why=error.strerror or str(error)) from error
    raise InputError(f"There is no bundle {path}", cure="Name the bundle's folder or tar.")


def read_all(reader: Reader, path: str) -> bytes:
    with reader.open(path) as stream:
        return stream.read()


def hash_content(reader: Reader, path: str, advance: Callable[[int], None] = lambda _: None) -> str:
    """64 hex digits over a file's content; hashing leaves other threads running.

    Raises:
        OSError: the disk can't be read.
    """
    total = hashlib.sha256()
    buffer = bytearray(CHUNK)
    view = memoryview(buffer)
    with reader.open(path) as stream:
        while count := stream.readinto(buffer):  # type: ignore[attr-defined]
            total.update(view[:count])
            advance(count)
    return total.hexdigest()


def _read_folder(path: Path) -> FolderReader:
    sizes: dict[str, int] = {}
    damage: dict[str, str] = {}
    for folder, _, names in os.walk(path):
        for name in names:
            file = Path(folder, name)
            shown = str(file.relative_to(path))
            state = file.lstat()
            if stat.S_ISREG(state.st_mode):
                sizes[shown] = state.st_size
            else:
                damage[shown] = "is no ordinary file"
    return FolderReader(path, sizes, damage)


def _read_tar(path: Path) -> TarReader:
    windows: dict[str, tuple[int, int]] = {}
    damage: dict[str, str] = {}
    length = path.stat().st_size
    end = length
    try:
        with tarfile.open(path, "r:") as archive:
            while (member := archive.next()) is not None:
                # Every file lies in one folder, whose name doesn't matter.
                _, _, shown = member.name.partition("/")
                if member.isdir():
                    continue
                if member.offset_data + member.size > length:
                    damage[shown or member.name] = f"is cut short: the tar ends in it, after {length:,} bytes"
                    break
                if not member.isreg() or not shown:
                    damage[shown or member.name] = "is no ordinary file in the bundle's folder"
                elif shown in windows:
                    damage[shown] = "is in the tar twice"
                else:
                    windows[shown] = (member.offset_data, member.size)
            end = archive.offset
    except tarfile.TarError as error:
        if not windows:
            raise InputError(
                f"{path} is no bundle: it's neither a folder nor a tar without compression",
                why=str(error),
                cure="Name the folder or the tar that 'groundplane bundle create' made.",
            ) from error
    # A tar ends with two empty blocks; one that was cut between two files reads well but lacks them.
    with path.open("rb") as stream:
        stream.seek(max(0, min(end, length) - tarfile.BLOCKSIZE))
        cut = length < end or tarfile.NUL * 2 * tarfile.BLOCKSIZE not in stream.read(4 * tarfile.BLOCKSIZE)
    return TarReader(path, windows, damage, cut)
