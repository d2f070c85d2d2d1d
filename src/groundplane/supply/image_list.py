"""The site's images as they are: what was built here, what the lock names, and where each lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundplane.supply.catalogue import needed_images
from groundplane.supply.records import all_records
from groundplane.supply.store.disk import StoreFiles
from groundplane.supply.store.opening import store_root
from groundplane.supply.trusted_lock import former_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from groundplane.site.images_lock import ImagesLock
    from groundplane.site.site import Site
    from groundplane.supply.model import ImageRecord

STORE, LOCK, REGISTRY = "store", "lock", "registry"


@dataclass(frozen=True, slots=True)
class ListedImage:
    """One image: a name in one version.

    Attributes:
        parent_only: nobody runs it.
        bytes: uncompressed, parents included.
        seconds: how long its build took; None where it wasn't built here.
        built_at: ISO 8601, UTC; None where it wasn't built here.
        where: of `store`, `lock`, `registry` those that have it.
    """

    name: str
    tag: str
    digest: str
    parent_only: bool
    bytes: int | None
    stored_bytes: int | None
    seconds: float | None
    built_at: str | None
    where: tuple[str, ...]

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        return {
            "name": self.name,
            "tag": self.tag,
            "digest": self.digest,
            "parent_only": self.parent_only,
            "bytes": self.bytes,
            "stored_bytes": self.stored_bytes,
            "seconds": self.seconds,
            "built_at": self.built_at,
            "where": list(self.where),
        }


def list_images(
    site: Site, *, cache: Path, in_registry: Callable[[str, str], bool] | None = None, everything: bool = False
) -> tuple[ListedImage, ...]:
    """The site's images by name: for each what the lock names, and the newest that was built here.

    Args:
        in_registry: whether the site's registry has an image (name, digest); not asked where None.
        everything: images of other sites, other releases and earlier builds on this machine too.

    Raises:
        InputError: the lock is damaged; as `needed_images`.
    """
    lock = former_lock(site.path)
    records = all_records(cache)
    run = {image.name for image in needed_images(site)}
    locked = dict(lock.images) if lock is not None else {}
    wanted = _with_parents(run, records, lock) | set(locked)
    newest = {record.name: record for record in records if record.release == site.release.name}
    files = StoreFiles(store_root(cache))
    by_digest = {(record.name, record.digest): record for record in records}
    chosen: dict[tuple[str, str], ImageRecord | None] = {}
    for name, entry in locked.items():
        chosen[name, entry.digest] = by_digest.get((name, entry.digest))
    for built in records if everything else newest.values():
        if everything or built.name in wanted:
            chosen[built.name, built.digest] = built
    found = []
    for (name, digest), record in sorted(chosen.items(), key=lambda item: (item[0][0], _age(item[1]))):
        image = locked.get(name)
        here = image if image is not None and image.digest == digest else None
        known = record or here
        if known is None:
            continue
        where = (
            *([STORE] if files.is_whole(name, digest) else []),
            *([LOCK] if here is not None else []),
            *([REGISTRY] if in_registry is not None and in_registry(name, digest) else []),
        )
        found.append(
            ListedImage(
                name=name,
                tag=known.tag,
                digest=digest,
                parent_only=name not in run,
                bytes=known.bytes,
                stored_bytes=known.stored_bytes,
                seconds=record.seconds if record is not None else None,
                built_at=record.built_at if record is not None else None,
                where=where,
            )
        )
    return tuple(found)


def _age(record: ImageRecord | None) -> str:
    return record.built_at if record is not None else ""


def _with_parents(run: Iterable[str], records: Iterable[ImageRecord], lock: ImagesLock | None) -> set[str]:
    """The images and all that they stand on, as far as it is known without rendering a recipe."""
    parents = {record.name: record.parent for record in records}
    if lock is not None:
        parents |= {name: image.parent for name, image in lock.images.items()}
    found: set[str] = set()
    for name in run:
        standing: str | None = name
        while standing is not None and standing not in found:
            found.add(standing)
            standing = parents.get(standing)
    return found
