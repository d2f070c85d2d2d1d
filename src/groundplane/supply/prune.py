"""Taking away what no lock and no plan needs: images in the store and in podman's storage, and what builds cached.

Only what this project made is ever touched: the store, podman's images below localhost/groundplane/images, and folders
of the cache that are made again where they are missing.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from groundplane.errors import FailedError
from groundplane.supply.cache_entries import CacheEntry, Needed, find_entries, remove_entries
from groundplane.supply.lock_packages import locked_packages
from groundplane.supply.model import IMAGE_NAMESPACE
from groundplane.supply.records import all_records, find_record_file, log_path, record_path, sbom_path

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from groundplane.machine.podman import Podman
    from groundplane.site.images_lock import ImagesLock
    from groundplane.supply.model import ImageRecord

DAYS = 30
"""What was used in that many days stays: locks of other sites may name it, and nobody here knows them."""
_DAY = 24 * 3600.0
TOOL = "tool-"
"""Begins the names of the manager's own images, which bundles carry along."""


@dataclass(frozen=True, slots=True)
class Keep:
    """What has to stay.

    Attributes:
        tags: (image name, tag).
        digests: (image name, digest).
        entries: what stays of the cache.
    """

    tags: frozenset[tuple[str, str]] = frozenset()
    digests: frozenset[tuple[str, str]] = frozenset()
    entries: Needed = field(default_factory=Needed)

    def __or__(self, other: Keep) -> Keep:
        return Keep(self.tags | other.tags, self.digests | other.digests, self.entries | other.entries)


@dataclass(frozen=True, slots=True)
class StoredImage:
    """A manifest in the store that goes; `tags` may be empty: another image has taken its tag over."""

    name: str
    digest: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prunable:
    """What would go.

    Attributes:
        images: manifests in the store.
        local: names in podman's storage.
        records: records of builds, bills of materials and logs.
        entries: files and folders of the cache.
        store_bytes: what the store frees: layers that no kept image shares.
        record_bytes: what the records take.
    """

    images: tuple[StoredImage, ...] = ()
    local: tuple[str, ...] = ()
    records: tuple[Path, ...] = ()
    entries: tuple[CacheEntry, ...] = ()
    store_bytes: int = 0
    record_bytes: int = 0

    def __bool__(self) -> bool:
        return bool(self.images or self.local or self.records or self.entries)

    @property
    def cache_bytes(self) -> int:
        """What goes of the cache, the store apart."""
        return self.record_bytes + sum(entry.bytes for entry in self.entries)

    def kinds(self) -> dict[str, tuple[int, int]]:
        """What goes of the cache, the store apart: kind to number and bytes."""
        found = {"records": (len(self.records), self.record_bytes)} if self.records else {}
        for entry in self.entries:
            number, size = found.get(entry.kind, (0, 0))
            found[entry.kind] = (number + 1, size + entry.bytes)
        return found

    def still(self, now: Prunable) -> Prunable:
        """What was found before and again now: nothing goes that a person didn't see, or that was used meanwhile."""
        entries = {entry.path for entry in self.entries}
        return replace(
            now,
            images=tuple(image for image in now.images if image in self.images),
            local=tuple(name for name in now.local if name in self.local),
            records=tuple(path for path in now.records if path in self.records),
            entries=tuple(entry for entry in now.entries if entry.path in entries),
        )


@dataclass(frozen=True, slots=True)
class Pruned:
    """What went; `bytes` were freed, podman's by the disk's own count. `kept` are images that a container uses."""

    bytes: int
    kept: tuple[str, ...] = field(default=())


class StoreReader(Protocol):
    """What is asked of the store's files (`store.disk.StoreFiles`)."""

    def names(self) -> tuple[str, ...]: ...
    def tags(self, name: str) -> dict[str, str]: ...
    def revisions(self, name: str) -> tuple[str, ...]: ...
    def stored_at(self, name: str, digest: str) -> float: ...
    def json_blob(self, digest: str) -> dict[str, Any] | None: ...


class StoreRemover(Protocol):
    """What takes a manifest out of the store (`Store.remove`)."""

    def remove(self, name: str, digest: str) -> None: ...


def keep_of_lock(lock: ImagesLock | None) -> Keep:
    """What a lock names."""
    if lock is None:
        return Keep()
    return Keep(
        tags=frozenset((name, image.tag) for name, image in lock.images.items()),
        digests=frozenset((name, image.digest) for name, image in lock.images.items()),
        entries=Needed(
            paths=frozenset(lock.archives.values()),
            packages=frozenset(
                (suite, *package)
                for name, suite in ((name, image.suite) for name, image in lock.images.items())
                if suite is not None
                for package in locked_packages(lock, name)["debian"]
            ),
        ),
    )


def find_prunable(
    *,
    cache: Path,
    files: StoreReader,
    podman: Podman,
    keep: Keep,
    older_than: float = DAYS,
    now: Callable[[], float] = time.time,
) -> Prunable:
    """What `keep` doesn't name and what wasn't used for a while.

    Args:
        older_than: days; 0 for everything that `keep` doesn't name.
    """
    before = now() - older_than * _DAY
    old, young = _records_by_age(cache, before)
    tags = keep.tags | {(record.name, record.tag) for record in young}
    digests = keep.digests | {(record.name, record.digest) for record in young}
    going: list[StoredImage] = []
    staying: list[str] = []
    for name in files.names():
        tagged = files.tags(name)
        if name.startswith(TOOL):
            digests |= {(name, digest) for digest in _newest_tools(files, name, tagged)}
        for digest in files.revisions(name):
            ours = tuple(tag for tag, found in tagged.items() if found == digest)
            needed = (name, digest) in digests or any((name, tag) in tags for tag in ours)
            # A build that is at work has stored images before it records them.
            if needed or files.stored_at(name, digest) >= before:
                staying.append(digest)
            else:
                going.append(StoredImage(name, digest, ours))
    records = tuple(dict.fromkeys(_record_files(cache, old, tags, digests)))
    # Logs of builds that never became an image have no record.
    logs = {log_path(cache, name, tag) for name, tag in tags}
    staying_entries = keep.entries | Needed(paths=frozenset(str(path) for path in (*records, *logs)))
    return Prunable(
        images=tuple(going),
        local=tuple(sorted(_local_images(podman, tags, before))),
        records=records,
        entries=find_entries(cache, staying_entries, before=before),
        store_bytes=_freed(files, (image.digest for image in going), staying),
        record_bytes=sum(_size(path) for path in records),
    )


def prune(
    found: Prunable,
    *,
    store: StoreRemover | None,
    podman: Podman,
    collect_garbage: Callable[[], int],
    close_store: Callable[[], None] = lambda: None,
) -> Pruned:
    """Takes away what was found. What podman needs for a container stays, and is named.

    Safe to interrupt: records go before images, so that nothing half-removed counts as built.

    Args:
        store: the open store; None where nothing goes from it.
        collect_garbage: frees the layers (`store.opening.collect_garbage`), bytes; called when the store is closed.
        close_store: called before that.

    Raises:
        FailedError: the store refuses, or a file can't be removed.
        LockedError: another command works with the store.
    """
    for path in found.records:
        path.unlink(missing_ok=True)
    graph = _graph_root(podman) if found.local else None
    free = shutil.disk_usage(graph).free if graph is not None else 0
    kept = []
    for image in found.local:
        try:
            podman.run("rmi", image, doing=f"Removing {image}", timeout=600)
        except FailedError:
            kept.append(image)
    freed = max(shutil.disk_usage(graph).free - free, 0) if graph is not None else 0
    remove_entries(found.entries)
    if store is not None and found.images:
        for stored in found.images:
            store.remove(stored.name, stored.digest)
        close_store()
        freed += collect_garbage()
    return Pruned(bytes=freed + found.cache_bytes, kept=tuple(kept))


def _records_by_age(cache: Path, before: float) -> tuple[list[ImageRecord], list[ImageRecord]]:
    """Records of images that were last used before a time, and the others; see `records.mark_used`."""
    old: list[ImageRecord] = []
    young: list[ImageRecord] = []
    for record in all_records(cache):
        try:
            used = find_record_file(cache, record).stat().st_mtime
        except OSError:
            continue
        (old if used < before else young).append(record)
    return old, young


def _record_files(
    cache: Path, records: Iterable[ImageRecord], tags: Collection[tuple[str, str]], digests: Collection[tuple[str, str]]
) -> Iterator[Path]:
    """Files of records that go. What is the tag's (bill of materials, log) stays as long as the tag does."""
    for record in records:
        tagged = (record.name, record.tag) in tags
        newest = find_record_file(cache, record)
        is_tags = newest == record_path(cache, record.name, record.tag)
        if (record.name, record.digest) not in digests and not (tagged and is_tags):
            yield newest
        if not tagged:
            yield from (
                path
                for path in (sbom_path(cache, record.name, record.tag), log_path(cache, record.name, record.tag))
                if path.is_file()
            )


def _local_images(podman: Podman, tags: Iterable[tuple[str, str]], before: float) -> set[str]:
    """Names in podman's storage that don't stay."""
    keep = {f"{IMAGE_NAMESPACE}/{name}:{tag}" for name, tag in tags}
    found = podman.list_images(f"{IMAGE_NAMESPACE}/*")
    old = [entry for entry in found if float(entry.get("Created") or 0) < before]
    names = {name for entry in old for name in entry.get("Names") or () if name.startswith(f"{IMAGE_NAMESPACE}/")}
    return names - keep


def _newest_tools(files: StoreReader, name: str, tagged: Mapping[str, str]) -> Iterator[str]:
    """Of each suite or release the one that the next incremental bundle builds on; tags are VARIANT-DIGEST."""
    newest: dict[str, str] = {}
    for tag, digest in tagged.items():
        variant = tag.rpartition("-")[0]
        if variant not in newest or files.stored_at(name, digest) > files.stored_at(name, newest[variant]):
            newest[variant] = digest
    yield from newest.values()


def _freed(files: StoreReader, going: Iterable[str], staying: Iterable[str]) -> int:
    shared = {digest for manifest in staying for digest in _blobs(files, manifest)}
    freed: dict[str, int] = {}
    for manifest in going:
        freed.update(_blobs(files, manifest))
    return sum(size for digest, size in freed.items() if digest not in shared)


def _blobs(files: StoreReader, manifest: str) -> Mapping[str, int]:
    """Digest to bytes of an image's configuration and layers."""
    data = files.json_blob(manifest) or {}
    parts = [data.get("config"), *(data.get("layers") or ())]
    return {str(part["digest"]): int(part["size"]) for part in parts if isinstance(part, dict)}


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _graph_root(podman: Podman) -> str:
    """Where podman keeps images."""
    return podman.run("info", "--format", "{{.Store.GraphRoot}}").strip()
