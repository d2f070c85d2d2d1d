"""Things on their way into a bundle: where each comes from, how big it is, and what its checksum is."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from groundplane.errors import FailedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Item:
    """A file to be written.

    Attributes:
        path: inside the bundle.
        bytes: its size.
        sha256: 64 hex digits; what is written is checked against it.
        open: gives a stream of its content.
        program: it may be run.
    """

    path: str
    bytes: int
    sha256: str
    open: Callable[[], BinaryIO]
    program: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """A thing that a bundle would hold, before anything was fetched.

    Attributes:
        component: a key of `manifest.COMPONENTS`.
        bytes: None where only fetching tells.
        note: what stands in the way, such as "not built yet".
    """

    component: str
    name: str
    version: str
    bytes: int | None
    note: str = ""


def file_item(path: str, file: Path, *, sha256: str | None = None, program: bool = False) -> Item:
    """A file of this machine; hashed unless the checksum is known.

    Raises:
        FailedError: it can't be read.
    """
    try:
        size = file.stat().st_size
        digest = sha256 or hash_file(file)
    except OSError as error:
        raise FailedError(f"{file} can't be read", why=error.strerror or str(error)) from error
    return Item(path, size, digest, lambda: file.open("rb"), program)


def data_item(path: str, data: str | bytes, *, program: bool = False) -> Item:
    """A text that was made for the bundle."""
    content = data.encode() if isinstance(data, str) else data
    return Item(path, len(content), hashlib.sha256(content).hexdigest(), lambda: io.BytesIO(content), program)


def hash_file(file: Path) -> str:
    """64 hex digits.

    Raises:
        OSError: as reading does.
    """
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
