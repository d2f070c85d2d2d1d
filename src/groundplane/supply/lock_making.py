"""Making a lock, from the records of builds or from what registries answered; what changed since the former one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundplane.errors import InputError, Problem
from groundplane.site.images_file import ImageSource
from groundplane.site.images_lock import ImagesLock, LockedImage
from groundplane.supply.lock_packages import KINDS, Versions, locked_packages, pack, record_packages
from groundplane.supply.model import ImageRecord, Package

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from groundplane.supply.model import NeededImage


@dataclass(frozen=True, slots=True)
class MovedPackage:
    """A package whose version differs between two locks; None where it isn't there. `images` says in which images."""

    kind: str
    name: str
    old: str | None
    new: str | None
    images: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LockChanges:
    """What differs between two locks: image names with the old and the new digest, and packages."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[tuple[str, str, str], ...] = ()
    packages: tuple[MovedPackage, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.packages)


def lock_from_records(
    *,
    release: str,
    needed: Sequence[NeededImage],
    records: Mapping[str, ImageRecord],
    made_at: str,
    former: ImagesLock | None = None,
) -> ImagesLock:
    """The lock of images built here.

    Args:
        needed: what the site's hosts run.
        records: by image name; needed images, and the parents that they stand on.
        made_at: ISO 8601, UTC.
        former: says what is locked of images that have no record here; only a lock of the same release does.

    Raises:
        InputError: a needed image, or a parent, was never built.
    """
    if former is not None and former.release == release:
        locked = {name: locked_record(former, name) for name, image in former.images.items() if image.identity}
        records = {**locked, **records}
    else:
        former = None
    wanted: dict[str, str | None] = {}
    for image in needed:
        name: str | None = image.name
        needed_by = ""
        while name is not None and name not in wanted:
            if name not in records:
                wanted[name] = needed_by or None
                break
            wanted[name] = None
            needed_by, name = name, records[name].parent
    missing = [name for name in wanted if name not in records]
    if missing:
        raise InputError(
            "The images can't be locked: some were never built",
            problems=tuple(
                Problem(
                    f"{name} has no build" + (f"; {wanted[name]} stands on it" if wanted[name] else ""),
                    f"groundplane images build {name}",
                )
                for name in missing
            ),
        )
    chosen = {name: records[name] for name in sorted(wanted)}
    tables, packed = pack(
        {name: record_packages(record) for name, record in chosen.items()},
        {name: record.parent for name, record in chosen.items()},
        {name: record.suite for name, record in chosen.items()},
    )
    run = {image.name: image for image in needed}
    images = {}
    for name, record in chosen.items():
        about = run.get(name)
        added, removes = packed[name]
        images[name] = LockedImage(
            digest=record.digest,
            image_id=record.image_id,
            tag=record.tag,
            identity=record.identity,
            suite=record.suite,
            parent=record.parent,
            run=about is not None,
            layer=about.layer if about else None,
            service=about.service if about else None,
            groups=about.groups if about else (),
            bytes=record.bytes,
            stored_bytes=record.stored_bytes,
            packages=added,
            removes=removes,
        )
    archives = dict(former.archives) if former is not None else {}
    archives |= {file: checksum for record in chosen.values() for file, checksum in record.archives.items()}
    return ImagesLock(
        release=release,
        source=ImageSource.BUILD,
        made_at=made_at,
        images=images,
        versions=tables,
        archives=archives,
    )


def locked_record(lock: ImagesLock, name: str) -> ImageRecord:
    """What the lock says of an image that was built, as a build's record would; packages without architectures.

    Raises:
        ValueError: it was taken from a registry, so nobody knows what is in it.
    """
    image = lock.images[name]
    if image.identity is None or image.image_id is None or image.suite is None:
        raise ValueError(f"{name} was not built by this project")
    found = locked_packages(lock, name)
    packages = {kind: tuple(Package(*pair) for pair in sorted(found[kind])) for kind in KINDS}
    return ImageRecord(
        name=name,
        release=lock.release,
        identity=image.identity,
        digest=image.digest,
        image_id=image.image_id,
        parent=image.parent,
        suite=image.suite,
        bytes=image.bytes or 0,
        stored_bytes=image.stored_bytes or 0,
        seconds=0.0,
        built_at=lock.made_at,
        debian=packages["debian"],
        python=packages["python"],
        java=packages["java"],
    )


def lock_from_digests(
    *,
    release: str,
    source: ImageSource,
    needed: Sequence[NeededImage],
    found: Mapping[str, tuple[str, str, str]],
    made_at: str,
) -> ImagesLock:
    """The lock of images that others made.

    Args:
        found: image name to HOST/PATH, tag and digest.
    """
    images = {}
    for image in needed:
        repository, tag, digest = found[image.name]
        images[image.name] = LockedImage(
            digest=digest,
            tag=tag,
            reference=f"{repository}@{digest}",
            layer=image.layer,
            service=image.service,
            groups=image.groups,
        )
    return ImagesLock(release=release, source=source, made_at=made_at, images=images)


def compare_locks(old: ImagesLock | None, new: ImagesLock) -> LockChanges:
    """What the new lock changes; everything is added where there was none."""
    if old is None:
        return LockChanges(added=tuple(sorted(new.images)))
    both = sorted(old.images.keys() & new.images.keys())
    return LockChanges(
        added=tuple(sorted(new.images.keys() - old.images.keys())),
        removed=tuple(sorted(old.images.keys() - new.images.keys())),
        changed=tuple(
            (name, old.images[name].digest, new.images[name].digest)
            for name in both
            if old.images[name].digest != new.images[name].digest
        ),
        packages=_moved(old, new, both),
    )


def _moved(old: ImagesLock, new: ImagesLock, names: Sequence[str]) -> tuple[MovedPackage, ...]:
    """Packages that moved in images that both locks have; the same move in several images is told once."""
    moves: dict[tuple[str, str, str | None, str | None], list[str]] = {}
    for image in names:
        before, after = locked_packages(old, image), locked_packages(new, image)
        for kind in KINDS:
            gone, come = _by_name(before[kind] - after[kind]), _by_name(after[kind] - before[kind])
            for name in sorted(gone.keys() | come.keys()):
                moves.setdefault((kind, name, gone.get(name), come.get(name)), []).append(image)
    return tuple(MovedPackage(*move, images=tuple(images)) for move, images in sorted(moves.items(), key=_order))


def _order(item: tuple[tuple[str, str, str | None, str | None], list[str]]) -> tuple[str, ...]:
    return tuple(text or "" for text in item[0])


def _by_name(packages: Versions) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, version in sorted(packages):
        found[name] = f"{found[name]}, {version}" if name in found else version
    return found
