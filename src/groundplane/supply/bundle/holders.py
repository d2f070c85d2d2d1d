"""Who has files of the bundle before: that bundle itself, one that was loaded here, or this machine's image store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol

from groundplane.supply.bundle.items import hash_file
from groundplane.supply.bundle.manifest import BLOBS
from groundplane.supply.bundle.reading import hash_content

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.supply.bundle.manifest import FileEntry
    from groundplane.supply.bundle.reading import Bundle
    from groundplane.supply.store.disk import StoreFiles


class Holder(Protocol):
    """Something that has files."""

    def damage(self, path: str, entry: FileEntry) -> str | None:
        """What is wrong with the file here, None where it is whole."""
        ...

    def open(self, path: str) -> BinaryIO:
        """The content of a file that is whole."""
        ...

    def file(self, path: str) -> Path | None:
        """Where it lies on the disk as a file of its own, None where it doesn't."""
        ...


@dataclass(frozen=True, slots=True)
class BundleHolder:
    """Another bundle, a folder or a tar."""

    bundle: Bundle

    def damage(self, path: str, entry: FileEntry) -> str | None:
        reader = self.bundle.reader
        if reader.sizes.get(path) != entry.bytes:
            return "is missing"
        try:
            return None if hash_content(reader, path) == entry.sha256 else "was changed"
        except OSError as error:
            return f"can't be read: {error.strerror or error}"

    def open(self, path: str) -> BinaryIO:
        return self.bundle.reader.open(path)

    def file(self, path: str) -> Path | None:
        return None if self.bundle.is_tar else self.bundle.path / path


@dataclass(frozen=True, slots=True)
class FolderHolder:
    """What a bundle that was loaded has left."""

    folder: Path

    def damage(self, path: str, entry: FileEntry) -> str | None:
        return _damage(self.folder / path, entry)

    def open(self, path: str) -> BinaryIO:
        return (self.folder / path).open("rb")

    def file(self, path: str) -> Path | None:
        return self.folder / path


@dataclass(frozen=True, slots=True)
class StoreHolder:
    """The image store of this machine, for blobs."""

    files: StoreFiles

    def damage(self, path: str, entry: FileEntry) -> str | None:
        return _damage(self._path(path), entry) if path.startswith(BLOBS) else "is no blob"

    def open(self, path: str) -> BinaryIO:
        return self._path(path).open("rb")

    def file(self, path: str) -> Path | None:
        return self._path(path)

    def _path(self, path: str) -> Path:
        return self.files.blob_path("sha256:" + path.rpartition("/")[2])


def _damage(file: Path, entry: FileEntry) -> str | None:
    try:
        if not file.is_file() or file.stat().st_size != entry.bytes:
            return "is missing"
        return None if hash_file(file) == entry.sha256 else "was changed"
    except OSError as error:
        return f"can't be read: {error.strerror or error}"
