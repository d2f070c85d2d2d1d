"""Source archives from the Python package index: found by checksum, and nothing in them is run.

pip builds an archive's metadata, which runs its setup.py, even where it only downloads. So the index is asked directly
by its simple repository API (https://packaging.python.org/en/latest/specifications/simple-repository-api/).
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from functools import cache as remember
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urldefrag, urljoin, urlsplit, urlunsplit

from groundplane.errors import FailedError
from groundplane.machine.host_commands import find_program, run_command
from groundplane.supply.cache_entries import note_use
from groundplane.supply.download import download, file_sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from groundplane.site.release import PackagePin
    from groundplane.supply.mirrors import Mirrors

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
ACCEPTED = f"{JSON_TYPE}, text/html;q=0.1"
ENDINGS = (".tar.gz", ".zip", ".tar.bz2", ".tar.xz")
TIMEOUT_SECONDS = 60
LARGEST_PAGE = 50_000_000
CURE = "Check this machine's network and pip's own configuration, or name a mirror in site.yml (images.mirrors.pip)."


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """A file that an index offers; `sha256` is empty where the index doesn't say."""

    name: str
    url: str
    sha256: str


def archive_folder(pin: PackagePin, cache: Path) -> Path:
    """Where the archive of this checksum lies; its file has the name that the index gave it."""
    return cache / "images" / "archives" / pin.sha256


def fetch_package_archive(pin: PackagePin, *, cache: Path, mirrors: Mirrors) -> Path:
    """The pinned source archive, checked each time; fetched only where it isn't there.

    Raises:
        FailedError: the index can't be reached or doesn't have it, its checksum differs, the disk is full.
    """
    what = f"The archive of {pin.package} {pin.version}"
    folder = archive_folder(pin, cache)
    for path in sorted(folder.glob("[!.]*")):
        if path.is_file() and path.name.endswith((*ENDINGS, ".whl")) and file_sha256(path) == pin.sha256:
            note_use(folder)
            return path
    found = _find(pin, mirrors, what)
    return download(
        found.url,
        folder / found.name,
        sha256=pin.sha256,
        what=f"{what} ({found.name})",
        certificates=mirrors.certificates,
    )


def _find(pin: PackagePin, mirrors: Mirrors, what: str) -> IndexedFile:
    """The file on the first index that has it."""
    indexes = (mirrors.pip_index or default_index(), *mirrors.pip_extra_indexes)
    other: IndexedFile | None = None
    asked = []
    for index in indexes:
        url = f"{index}/{normalized(pin.package)}/"
        page = _read_page(url, what, mirrors)
        asked.append(f"{public(url)}: {'there is no such package' if page is None else 'not among its files'}")
        for file in page or ():
            if "/" in file.name or file.name.startswith("."):
                continue
            if file.sha256 == pin.sha256:
                return file
            if is_source_of(file.name, pin):
                if not file.sha256:
                    return file
                other = file
    if other is not None:
        raise FailedError(
            f"{what} has another checksum on the package index than the release pins",
            why=f"{other.name}\nexpected sha256 {pin.sha256}\nfound    sha256 {other.sha256}",
            cure="A published archive never changes: look who changed the release file, or ask another index.",
        )
    raise FailedError(
        f"{what} is not on the package index",
        why="\n".join(asked),
        cure="Look whether the mirror is complete (images.mirrors.pip in site.yml, or pip's own configuration).",
    )


def normalized(name: str) -> str:
    """A package's name as indexes have it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_source_of(file: str, pin: PackagePin) -> bool:
    """Whether a file is called as this version's source archive."""
    for ending in ENDINGS:
        if file.endswith(ending):
            name, _, version = file.removesuffix(ending).rpartition("-")
            return normalized(name) == normalized(pin.package) and version == pin.version
    return False


def read_index(url: str, kind: str, page: bytes) -> tuple[IndexedFile, ...]:
    """The files on a project's page, JSON or HTML.

    Raises:
        ValueError: it is neither.
    """
    if kind.partition(";")[0].strip() in (JSON_TYPE, "application/json"):
        data: dict[str, Any] = json.loads(page)
        entries: Iterable[tuple[str, str, str]] = (
            (str(file["filename"]), str(file["url"]), str((file.get("hashes") or {}).get("sha256", "")))
            for file in data["files"]
        )
        return tuple(IndexedFile(name, urljoin(url, link), sha256) for name, link, sha256 in entries)
    links = _Links()
    links.feed(page.decode())
    found = []
    for link in links.found:
        address, fragment = urldefrag(urljoin(url, link))
        name = unquote(urlsplit(address).path.rpartition("/")[2])
        found.append(IndexedFile(name, address, parse_qs(fragment).get("sha256", [""])[0]))
    return tuple(found)


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        address = dict(attrs).get("href")
        if tag == "a" and address:
            self.found.append(address)


def _read_page(url: str, what: str, mirrors: Mirrors) -> tuple[IndexedFile, ...] | None:
    """The files of a project; None where the index doesn't know the project."""
    parts = urlsplit(url)
    request = urllib.request.Request(public(url), headers={"Accept": ACCEPTED})  # noqa: S310 - pip's own addresses
    if parts.username is not None:
        word = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        request.add_header("Authorization", "Basic " + base64.b64encode(word.encode()).decode())
    context = ssl.create_default_context()
    if mirrors.certificates is not None:
        context.load_verify_locations(cafile=str(mirrors.certificates))
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS, context=context) as answer:  # noqa: S310
            files = read_index(answer.url, answer.headers.get("Content-Type", ""), answer.read(LARGEST_PAGE))
    except urllib.error.HTTPError as refused:
        if refused.code == http.HTTPStatus.NOT_FOUND:
            return None
        raise FailedError(
            f"{what} can't be looked up on the package index",
            why=f"{public(url)}: {refused.code} {refused.reason}",
            cure=CURE,
        ) from refused
    except (OSError, http.client.HTTPException) as away:
        reason = away.reason if isinstance(away, urllib.error.URLError) else away
        raise FailedError(
            f"{what} can't be looked up on the package index",
            why=f"{public(url)} can't be reached: {reason}",
            cure=CURE,
        ) from away
    except (ValueError, KeyError, TypeError) as strange:
        raise FailedError(
            f"{what} can't be looked up on the package index",
            why=f"{public(url)} answers with something that is no index page: {strange}",
            cure=CURE,
        ) from strange
    return tuple(_with_credentials(file, url) for file in files)


def _with_credentials(file: IndexedFile, index: str) -> IndexedFile:
    """An index with an account wants the same account for its own files."""
    ours, theirs = urlsplit(index), urlsplit(file.url)
    if ours.username is None or (ours.hostname, ours.port) != (theirs.hostname, theirs.port):
        return file
    return IndexedFile(file.name, urlunsplit(theirs._replace(netloc=ours.netloc)), file.sha256)


def public(url: str) -> str:
    """The address without user and password, for people's eyes."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


@remember
def default_index() -> str:
    """The index that pip asks where nothing is configured, as pip itself says.

    Raises:
        FailedError: there is no pip here, or it doesn't say.
    """
    program = find_program("pip3") or find_program("pip")
    text = run_command([program, "download", "--help"], doing="Asking pip for its index") if program else ""
    found = re.search(r"--index-url.*?\(default\s+(\S+?)\)", text, re.DOTALL)
    if found is None:
        raise FailedError(
            "No package index is known",
            why="pip isn't installed here" if program is None else f"{program} doesn't say which one it asks",
            cure="Name one in site.yml (images.mirrors.pip), or: sudo apt-get install -y python3-pip",
        )
    return found[1].rstrip("/")
