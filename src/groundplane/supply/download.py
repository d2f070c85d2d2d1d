"""Files fetched over HTTP: resumed where a call before stopped, checked against a checksum, whole or not there."""

from __future__ import annotations

import base64
import errno
import hashlib
import http.client
import os
import ssl
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import unquote, urlsplit, urlunsplit

from groundplane.errors import FailedError
from groundplane.machine.base_image import build_lock

if TYPE_CHECKING:
    from pathlib import Path

CHUNK_BYTES = 1 << 20
ATTEMPTS = 3
"""Calls for one file: a connection that breaks off is taken up again at the byte where it did."""
HTTP_RANGE_REFUSED = 416
HTTP_PARTIAL = 206


def file_sha256(path: Path) -> str:
    """64 hex digits."""
    return file_digest(path, "sha256")


def file_digest(path: Path, algorithm: str) -> str:
    """Hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def download(
    url: str, target: Path, *, sha256: str, what: str, certificates: Path | None = None, timeout: float = 60
) -> Path:
    """The file at `target`, fetched only if it isn't there with this checksum.

    What came before a break stands beside it as .NAME.part, and the next call goes on from there.

    Args:
        url: http or https, with user and password where the server wants them.
        sha256: 64 hex digits.
        what: the file's name for a person, as the beginning of an error ("Keycloak's archive").
        certificates: authorities to trust besides the public ones, PEM.
        timeout: seconds without a byte.

    Raises:
        FailedError: nobody answers, no such file, cut short, another checksum, the disk is full.
    """
    return download_checked(
        url, target, algorithm="sha256", digest=sha256, what=what, certificates=certificates, timeout=timeout
    )


def download_checked(
    url: str,
    target: Path,
    *,
    algorithm: str,
    digest: str,
    what: str,
    pinned: str = "the release pins",
    certificates: Path | None = None,
    timeout: float = 60,
) -> Path:
    """As `download`, with any algorithm of hashlib's; `pinned` says who gave the checksum."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with build_lock(target.parent, target.name):
        if target.is_file() and file_digest(target, algorithm) == digest:
            return target
        part = target.with_name(f".{target.name}.part")
        resumed = part.is_file() and part.stat().st_size > 0
        _Transfer(url, what, certificates, timeout).fetch(part)
        if resumed and file_digest(part, algorithm) != digest:
            # Its beginning may have been another file's.
            part.unlink()
            _Transfer(url, what, certificates, timeout).fetch(part)
        found = file_digest(part, algorithm)
        if found != digest:
            part.unlink()
            raise FailedError(
                f"{what} has another checksum than {pinned}",
                why=f"{_public(url)}\nexpected {algorithm} {digest}\nfound    {algorithm} {found}",
                cure="A mirror or proxy gave something else (a login page, another version), or somebody tampered with "
                "it. Fetch it from another mirror; change the pin only if its makers publish the new checksum.",
            )
        part.replace(target)
    return target


class _Transfer:
    """One file's way to this machine."""

    def __init__(self, url: str, what: str, certificates: Path | None, timeout: float) -> None:
        self.url, self.headers = _credentials_apart(url)
        self.what = what
        self.timeout = timeout
        self.context = ssl.create_default_context()
        if certificates is not None:
            self.context.load_verify_locations(cafile=str(certificates))

    def fetch(self, part: Path) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                if self._go_on(part):
                    return
            except urllib.error.HTTPError as refused:
                if refused.code == HTTP_RANGE_REFUSED and part.is_file():
                    part.unlink()
                    continue
                raise self._refused(refused) from refused
            except urllib.error.URLError as away:
                if attempt == ATTEMPTS:
                    raise self._unreachable(away) from away
            except (http.client.HTTPException, OSError) as broken:
                if isinstance(broken, OSError) and broken.errno in (errno.ENOSPC, errno.EDQUOT):
                    raise FailedError(
                        f"The disk is full: {self.what} was not fetched",
                        why=f"{part.parent}: {broken.strerror}",
                        cure=f"Free some space (df -h {part.parent}) and call again; it goes on where it stopped.",
                    ) from broken
        got = part.stat().st_size if part.is_file() else 0
        raise FailedError(
            f"{self.what} was cut short {ATTEMPTS} times",
            why=f"{self.url}: the connection broke off; {got} bytes are here",
            cure="Call again: it goes on where it stopped.",
        )

    def _go_on(self, part: Path) -> bool:
        """Whether the file is whole now, as far as the server says how long it is."""
        have = part.stat().st_size if part.is_file() else 0
        request = urllib.request.Request(self.url, headers=self.headers)  # noqa: S310 - the scheme is checked
        if have:
            request.add_header("Range", f"bytes={have}-")
        with urllib.request.urlopen(request, timeout=self.timeout, context=self.context) as answer:  # noqa: S310
            if answer.status != HTTP_PARTIAL:
                have = 0
            length = answer.headers.get("Content-Length")
            with part.open("ab" if have else "wb") as sink:
                got = _copy(answer, sink)
        return length is None or got == int(length)

    def _refused(self, refused: urllib.error.HTTPError) -> FailedError:
        cure = "Look whether the mirror in site.yml (images.mirrors) has it, or leave the mirror out."
        if refused.code in (401, 403, 407):
            cure = "Give the mirror's address with a user and password that may read it, or another mirror."
        return FailedError(
            f"{self.what} is not to be had", why=f"{self.url}: {refused.code} {refused.reason}", cure=cure
        )

    def _unreachable(self, away: urllib.error.URLError) -> FailedError:
        return FailedError(
            f"{self.what} can't be fetched",
            why=f"{urlsplit(self.url).netloc} can't be reached: {away.reason}",
            cure="Check this machine's network, proxy and certificates, or name a mirror in site.yml (images.mirrors).",
        )


def _copy(source: Any, sink: BinaryIO) -> int:
    total = 0
    try:
        while chunk := source.read(CHUNK_BYTES):
            total += sink.write(chunk)
    finally:
        # What arrived before a break is what the next attempt goes on from.
        sink.flush()
        os.fsync(sink.fileno())
    return total


def _credentials_apart(url: str) -> tuple[str, dict[str, str]]:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise FailedError(f"'{_public(url)}' is not an address that files are fetched from", cure="Use http or https.")
    if parts.username is None:
        return url, {}
    word = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return _public(url), {"Authorization": "Basic " + base64.b64encode(word.encode()).decode()}


def _public(url: str) -> str:
    """The address without user and password, for people's eyes."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
