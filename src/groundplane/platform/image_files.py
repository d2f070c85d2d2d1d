"""The files of images: found or downloaded, and their checksums verified."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from groundplane.errors import CancelledError, FailedError
from groundplane.supply.download import download_checked, file_digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundplane.platform.options import Image

CHUNK_BYTES = 1 << 20
LIST_BYTES = 1 << 20
"""A list of checksums isn't longer."""
SECONDS = 60.0
_LENGTHS = {64: "sha256", 128: "sha512"}
CURE = "Check the image's source and checksum in environments/platform, and this machine's network and proxy."


@dataclass(frozen=True, slots=True)
class ImageFile:
    """A verified file.

    Attributes:
        sha512: what Glance computes of it, too.
        built: the day of the file, YYYY-MM-DD: its server's or its own date.
    """

    path: Path
    checksum: str
    sha512: str
    size: int
    built: str


def is_url(source: str) -> bool:
    return urlsplit(source).scheme in ("http", "https")


def local_path(image: Image, site_path: Path) -> Path:
    """Where a file lies that is no URL."""
    return site_path / Path(image.source).expanduser()


def checksum_of(image: Image) -> str:
    """ALGORITHM:HEX; a list of checksums is fetched for it.

    Raises:
        FailedError: the list can't be had, or doesn't name the file.
    """
    if not is_url(image.checksum):
        return image.checksum
    name = urlsplit(image.source).path.rpartition("/")[2] or image.source
    for line in _text(image.checksum).splitlines():
        words = line.replace("*", " ").split()
        # GNU: DIGEST NAME; BSD: SHA256 (NAME) = DIGEST.
        digest = next((word for word in words if len(word) in _LENGTHS and _is_hex(word)), None)
        if digest is not None and (name in words or f"({name})" in words or f"./{name}" in words):
            return f"{_LENGTHS[len(digest)]}:{digest.lower()}"
    raise FailedError(f"The checksums of {image.name} don't name {name}", why=image.checksum, cure=CURE)


def _is_hex(word: str) -> bool:
    return all(letter in "0123456789abcdefABCDEF" for letter in word)


def _text(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=SECONDS, context=ssl.create_default_context()) as answer:  # noqa: S310 - the scheme is checked
            text: str = answer.read(LIST_BYTES).decode("utf-8", "replace")
    except (OSError, ValueError) as error:
        raise FailedError("A list of checksums can't be fetched", why=f"{url}: {error}", cure=CURE) from error
    return text


def image_file(image: Image, checksum: str, *, site_path: Path, cache: Path) -> ImageFile:
    """The image's file, verified; downloads are kept in `cache`, and go on where they were cut short.

    Raises:
        FailedError: there is no such file, it can't be downloaded, or it has another checksum.
    """
    algorithm, _, digest = checksum.partition(":")
    if is_url(image.source):
        name = urlsplit(image.source).path.rpartition("/")[2] or "image"
        try:
            path = download_checked(
                image.source,
                cache / f"{digest[:16]}-{name}",
                algorithm=algorithm,
                digest=digest,
                what=f"The image {image.name}",
                pinned="environments/platform says",
            )
        except FailedError as error:
            raise FailedError(error.what, why=error.why, cure=CURE) from error
        built = _server_date(image.source)
    else:
        path = local_path(image, site_path)
        if not path.is_file():
            raise FailedError(f"There is no file of the image {image.name}", why=f"{path} is missing", cure=CURE)
        found = file_digest(path, algorithm)
        if found != digest:
            raise FailedError(
                f"The image {image.name} has another checksum than environments/platform says",
                why=f"{path}: expected {checksum}, found {algorithm}:{found}",
                cure=CURE,
            )
        built = datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat()
    return ImageFile(
        path=path,
        checksum=checksum,
        sha512=digest if algorithm == "sha512" else file_digest(path, "sha512"),
        size=path.stat().st_size,
        built=built,
    )


def _server_date(url: str) -> str:
    """When the server's file was changed; today where it doesn't say."""
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - the scheme is checked
    try:
        with urllib.request.urlopen(request, timeout=SECONDS, context=ssl.create_default_context()) as answer:  # noqa: S310
            written = answer.headers.get("Last-Modified")
            at = parsedate_to_datetime(written) if written else datetime.now(UTC)
    except (urllib.error.URLError, OSError, ValueError):
        at = datetime.now(UTC)
    return at.date().isoformat()


class Upload:
    """The file as it is sent, piece by piece; `stopped` ends it between two of them."""

    def __init__(self, file: ImageFile, stopped: Callable[[], bool]) -> None:
        self._file = file.path.open("rb")
        self._stopped = stopped
        self._size = file.size

    def __len__(self) -> int:
        return self._size

    def __enter__(self) -> Upload:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, size: int = -1) -> bytes:
        if self._stopped():
            raise CancelledError("stopped while an image was sent")
        return self._file.read(CHUNK_BYTES if size < 0 else size)
