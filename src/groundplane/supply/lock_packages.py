"""The package tables of a lock: from what builds found to versions once a suite, and back."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from groundplane.site.images_lock import ImagesLock, LockedPackages, SuiteVersions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from groundplane.supply.model import ImageRecord, Package

KINDS = ("debian", "python", "java")
"""Fields of LockedPackages, SuiteVersions and ImageRecord alike."""

Versions = frozenset[tuple[str, str]]
"""Names with versions; a name may be there with two (two Python environments in one image)."""


def record_packages(record: ImageRecord) -> dict[str, Versions]:
    """What a build found in its image, by kind."""
    return {kind: _pairs(getattr(record, kind)) for kind in KINDS}


def _pairs(packages: Iterable[Package]) -> Versions:
    return frozenset((package.name, package.version) for package in packages)


def locked_packages(lock: ImagesLock, name: str) -> dict[str, Versions]:
    """What the lock says is in an image, by kind; the parents' packages included."""
    image = lock.images[name]
    inherited = locked_packages(lock, image.parent) if image.parent is not None else dict.fromkeys(KINDS, Versions())
    table = lock.versions.get(image.suite or "", SuiteVersions())
    found = {}
    for kind in KINDS:
        versions = getattr(table, kind)
        added = _read(getattr(image.packages, kind), versions)
        removed = _read(getattr(image.removes, kind), versions)
        found[kind] = (inherited[kind] - removed) | added
    return found


def pack(
    contents: Mapping[str, Mapping[str, Versions]],
    parents: Mapping[str, str | None],
    suites: Mapping[str, str],
) -> tuple[dict[str, SuiteVersions], dict[str, tuple[LockedPackages, LockedPackages]]]:
    """The tables by suite, and by image what it adds and removes.

    Args:
        contents: image to kind to packages, parents' packages included (`record_packages`).
        parents: image to its parent's name; a parent that isn't in `contents` counts as none.
        suites: image to its suite.
    """
    tables = {
        suite: SuiteVersions(
            **{kind: _commonest(contents[name][kind] for name in contents if suites[name] == suite) for kind in KINDS}
        )
        for suite in {suites[name] for name in contents}
    }
    packed = {}
    for name, kinds in contents.items():
        parent = contents.get(parents[name] or "", {})
        table = tables[suites[name]]
        added, removed = {}, {}
        for kind in KINDS:
            inherited = parent.get(kind, Versions())
            added[kind] = _write(kinds[kind] - inherited, getattr(table, kind))
            removed[kind] = _write(inherited - kinds[kind], getattr(table, kind))
        packed[name] = (LockedPackages(**added), LockedPackages(**removed))
    return tables, packed


def _commonest(images: Iterable[Versions]) -> dict[str, str]:
    """The version that most images have; of equally common ones the greater text, so that the result is one."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for packages in images:
        for name, version in packages:
            counts[name][version] += 1
    return {
        name: max(versions.items(), key=lambda item: (item[1], item[0]))[0] for name, versions in sorted(counts.items())
    }


def _write(packages: Versions, table: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted(name if table.get(name) == version else f"{name}={version}" for name, version in packages))


def _read(entries: Iterable[str], table: Mapping[str, str]) -> Versions:
    pairs = set()
    for entry in entries:
        name, equals, version = entry.partition("=")
        pairs.add((name, version if equals else table.get(name, "")))
    return frozenset(pairs)
