"""What builds and bundles keep in the cache to be quicker the next time: found by kind, with age and size, and removed.

Everything here is made again where it is missing. A folder's time says when it was used last (`note_use`).
"""

from __future__ import annotations

import os
import time
import urllib.parse
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from groundplane.machine.host_commands import as_root, run_command

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

LEFT_SECONDS = 24 * 3600.0
"""What was begun and isn't finished after that long is a killed command's."""
_FOLDERS = {
    "archives": ("images/archives",),
    "build contexts": ("images/kolla/contexts", "images/contexts"),
    "renderings": ("images/kolla/renderings",),
    "kolla environments": ("images/kolla/environments",),
    "wheels": ("images/wheels",),
    "build tools": ("images/tools",),
    "bundle wheels": ("bundle/wheels",),
}
"""Kind to folders below the cache; each folder in them stands for itself."""
_UNFINISHED = (".new-", ".gone-", "layout-", "docker-", "work.")
_BATCH = 500


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """A file or folder that may go; `bytes` is what its removal frees, together with the others that were found."""

    kind: str
    path: Path
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Needed:
    """What stays.

    Attributes:
        paths: files and folders, also names of entries, such as an archive's checksum.
        packages: Debian packages as (suite, name, version).
        suites: Debian suites that a release is built on.
    """

    paths: frozenset[str] = frozenset()
    packages: frozenset[tuple[str, str, str]] = frozenset()
    suites: frozenset[str] = frozenset()

    def __or__(self, other: Needed) -> Needed:
        return Needed(self.paths | other.paths, self.packages | other.packages, self.suites | other.suites)

    def names(self, path: Path) -> bool:
        return str(path) in self.paths or path.name in self.paths


def note_use(path: Path) -> None:
    """Notes that an entry is in use today."""
    with suppress(OSError):
        os.utime(path)


def find_entries(cache: Path, needed: Needed, *, before: float) -> tuple[CacheEntry, ...]:
    """Entries that nothing names and that weren't used since.

    Args:
        before: seconds since 1970.
    """
    found = [
        CacheEntry(kind, path)
        for kind, path, used in _entries(cache, needed)
        if used < before and not needed.names(path)
    ]
    return _measured([*found, *_unfinished(cache)])


def remove_entries(entries: Iterable[CacheEntry]) -> None:
    """Takes entries away. A folder gets another name first: half of one must not be taken for whole.

    Raises:
        FailedError: one can't be removed.
    """
    gone = []
    for entry in entries:
        path = entry.path
        if path.is_dir() and not path.is_symlink() and not path.name.startswith(_UNFINISHED):
            path = path.with_name(f".gone-{os.getpid()}-{path.name}")
            try:
                entry.path.rename(path)
            except FileNotFoundError:
                continue
            except PermissionError:
                # What a build wrote is root's.
                run_command(as_root(["mv", "-T", str(entry.path), str(path)]), doing=f"Removing {entry.path}")
        gone.append(str(path))
    for some in _batches(gone):
        run_command(as_root(["rm", "-rf", "--one-file-system", *some]), doing="Emptying the cache", timeout=1800)


def _batches(names: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(names), _BATCH):
        yield names[start : start + _BATCH]


def _entries(cache: Path, needed: Needed) -> Iterator[tuple[str, Path, float]]:
    """Kind, path, and when it was used last."""
    for kind, folders in _FOLDERS.items():
        for folder in folders:
            for path in _listed(cache / folder):
                if path.is_dir() and not path.is_symlink():
                    yield kind, path, _written_at(path)
    for kind, folder in (("logs", "images/logs"), ("bundle toolkits", "bundle/toolkit")):
        for path in _listed(cache / folder):
            if path.is_file():
                yield kind, path, _written_at(path)
    yield from _shared_entries(cache / "images/shared", needed)
    for repository in _listed(cache / "bundle/debian"):
        planned = _planned(repository)
        for path in _listed(repository / "archives"):
            if path.suffix == ".deb" and path.name not in planned:
                yield "bundle packages", path, _read_at(path)


def _shared_entries(shared: Path, needed: Needed) -> Iterator[tuple[str, Path, float]]:
    """The caches that builds see: apt's by suite, pip's and uv's by suite."""
    for suite in _listed(shared / "apt"):
        for path in _listed(suite / "packages"):
            if path.suffix == ".deb" and not _is_locked(path, suite.name, needed):
                yield "apt packages", path, _read_at(path)
        for path in sorted((*suite.glob("index-*.bin"), *suite.glob("updated-*"))):
            yield "apt indexes", path, _written_at(path)
    for path in _listed(shared):
        # uv alone knows which of its files belong together.
        if path.name.startswith("uv-") and path.name.removeprefix("uv-") not in needed.suites:
            yield "Python packages", path, max(_written_at(found) for found in (path, *_listed(path)))


def _unfinished(cache: Path) -> Iterator[CacheEntry]:
    """What killed commands left. A command that lives is done with its own long before."""
    before = time.time() - LEFT_SECONDS
    folders = [cache / folder for folders in _FOLDERS.values() for folder in folders]
    folders += [cache / "bundle", *_listed(cache / "images/shared/apt")]
    for folder in folders:
        for path in _listed(folder, hidden=True):
            if path.name.startswith(_UNFINISHED) and path.is_dir():
                last = _written_at(path)
                if path.name.startswith(".gone-") or last < before:
                    yield CacheEntry("leftovers", path)


def _listed(folder: Path, *, hidden: bool = False) -> list[Path]:
    """Locks (.NAME.lock) and what is just being made (.new-…) are hidden."""
    try:
        return sorted(path for path in folder.iterdir() if hidden or not path.name.startswith("."))
    except OSError:
        return []


def _written_at(path: Path) -> float:
    """What went in the meantime counts as just used."""
    try:
        return path.lstat().st_mtime
    except OSError:
        return time.time()


def _read_at(path: Path) -> float:
    """A package's own time is the mirror's, and links to it come with every build: what counts is who read it."""
    try:
        return path.lstat().st_atime
    except OSError:
        return time.time()


def _is_locked(path: Path, suite: str, needed: Needed) -> bool:
    name, _, rest = path.name.removesuffix(".deb").partition("_")
    version = urllib.parse.unquote(rest.rpartition("_")[0])
    return (suite, name, version) in needed.packages


def _planned(repository: Path) -> frozenset[str]:
    """The archives that the last bundle wanted, as apt listed them: 'ADDRESS' NAME SIZE CHECKSUM."""
    try:
        lines = (repository / "uris").read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return frozenset()
    return frozenset(words[1] for words in (line.split(" ") for line in lines) if len(words) > 1)


def _measured(entries: Iterable[CacheEntry]) -> tuple[CacheEntry, ...]:
    """Sizes; a file that has other names, too, counts where all of them go, and once."""
    seen: Counter[tuple[int, int]] = Counter()
    files: list[tuple[CacheEntry, list[os.stat_result]]] = []
    for entry in entries:
        stats = list(_files(entry.path))
        seen.update((found.st_dev, found.st_ino) for found in stats)
        files.append((entry, stats))
    counted: set[tuple[int, int]] = set()
    result = []
    for entry, stats in files:
        total = 0
        for found in stats:
            which = (found.st_dev, found.st_ino)
            if which not in counted and seen[which] >= found.st_nlink:
                counted.add(which)
                total += found.st_size
        result.append(replace(entry, bytes=total))
    return tuple(result)


def _files(path: Path) -> Iterator[os.stat_result]:
    with suppress(OSError):
        if not path.is_dir() or path.is_symlink():
            yield path.lstat()
            return
        for folder, _, names in os.walk(path):
            for name in names:
                with suppress(OSError):
                    yield os.lstat(os.path.join(folder, name))  # noqa: PTH118 - thousands of files
