"""What a site's lock has to say now: from the images in the store, or from what registries answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from groundplane.errors import InputError, Problem
from groundplane.site.images_file import ImageSource
from groundplane.site.images_lock import read_lock
from groundplane.supply.lock_making import LockChanges, compare_locks, lock_from_digests, lock_from_records
from groundplane.supply.trusted_lock import former_lock, is_written, read_trusted_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from groundplane.site.images_lock import ImagesLock
    from groundplane.site.site import Site
    from groundplane.supply.build.targets import ImageFinder, Target
    from groundplane.supply.model import ImageRecord, NeededImage


@dataclass(frozen=True, slots=True)
class ProposedLock:
    """A lock that isn't written yet, and what it changes. `stands`: the same one is there, with a valid signature."""

    lock: ImagesLock
    changes: LockChanges
    stands: bool


def propose_built(site: Site, needed: Sequence[NeededImage], *, cache: Path, store: ImageFinder) -> ProposedLock:
    """The lock of what the store has under the site's present recipes.

    Raises:
        InputError: an image isn't up to date, each named with the reason; the former lock is damaged.
        FailedError: a source archive can't be fetched.
    """
    targets = site_targets(site, needed, cache=cache, store=store)
    missing = {name: target.why for name, target in targets.items() if target.record is None}
    if missing:
        raise InputError(
            "The images can't be locked: some have to be built first",
            problems=tuple(
                Problem(f"{name}: {why.value}", f"groundplane images build {_for(name, needed)}".rstrip())
                for name, why in missing.items()
            ),
        )
    records = {name: target.record for name, target in targets.items() if target.record is not None}
    return propose_records(site, needed, records)


def propose_records(site: Site, needed: Sequence[NeededImage], records: Mapping[str, ImageRecord]) -> ProposedLock:
    """The lock of these builds.

    Raises:
        InputError: a needed image, or a parent, isn't among them; the former lock is damaged.
    """
    return propose(site, lock_from_records(release=site.release.name, needed=needed, records=records, made_at=_now()))


def propose_published(site: Site, needed: Sequence[NeededImage], *, ask: Callable[[str], str | None]) -> ProposedLock:
    """The lock of images that others made, by what their tags stand for now.

    Args:
        ask: the digest of HOST/PATH:TAG, None where it's missing (`skopeo.inspect_digest`).

    Raises:
        InputError: it isn't known where they come from, or they are missing there; the former lock is damaged.
        FailedError: a registry can't be asked.
    """
    from groundplane.supply.upstream import resolve_digests, upstream_references  # noqa: PLC0415

    found = resolve_digests(upstream_references(site, needed), ask=ask)
    source = site.file.images.source
    return propose(
        site,
        lock_from_digests(release=site.release.name, source=source, needed=needed, found=found, made_at=_now()),
    )


def propose(site: Site, lock: ImagesLock) -> ProposedLock:
    """A lock beside the one that is there.

    Raises:
        InputError: that one is damaged.
    """
    return ProposedLock(lock, compare_locks(former_lock(site.path), lock), is_written(site.path, lock))


def site_targets(site: Site, needed: Sequence[NeededImage], *, cache: Path, store: ImageFinder) -> dict[str, Target]:
    """What the needed images stand for now, parents included, held against the lock that is there.

    Raises:
        InputError, FailedError: as `propose_built`.
    """
    from groundplane.supply.build.targets import find_targets  # noqa: PLC0415
    from groundplane.supply.pins import pins_of_recipes  # noqa: PLC0415
    from groundplane.supply.recipes import all_recipes  # noqa: PLC0415

    recipes = all_recipes(site, needed, cache=cache)
    pins = pins_of_recipes(former_lock(site.path), recipes, release=site.release)
    return find_targets(recipes, release=site.release.name, cache=cache, store=store, pins=pins)


def check_lock(site: Site, needed: Sequence[NeededImage], *, cache: Path) -> list[str]:
    """Why the lock isn't what the site needs now, a sentence each; empty where it is.

    Neither the store nor a registry is asked: the lock is held against the site's recipes, or against where it says
    that images come from. So a machine that builds nothing can check it, too.

    Raises:
        InputError: there is no lock, or it is damaged; the recipes can't be made.
        FailedError: a source archive can't be fetched.
    """
    lock = read_lock(site.path)
    said = []
    try:
        read_trusted_lock(site.path)
    except InputError as error:
        said.append(error.what)
    if lock.release != site.release.name:
        said.append(f"it is of release {lock.release}, the site names {site.release.name}")
    if lock.source is not site.file.images.source:
        said.append(f"its images are from {lock.source.value}, the site wants {site.file.images.source.value}")
        return said
    run = {image.name: image for image in needed}
    if lock.source is ImageSource.BUILD:
        wanted = {
            name: target.identity for name, target in site_targets(site, needed, cache=cache, store=_Empty()).items()
        }
        said += [
            f"{name} has another recipe" for name in _both(wanted, lock) if lock.images[name].identity != wanted[name]
        ]
    else:
        from groundplane.supply.upstream import upstream_references  # noqa: PLC0415

        wanted = {name: f"{found[0]}:{found[1]}" for name, found in upstream_references(site, needed).items()}
        for name in _both(wanted, lock):
            locked = f"{(lock.images[name].reference or '').partition('@')[0]}:{lock.images[name].tag}"
            if locked != wanted[name]:
                said.append(f"{name} is locked as {locked}, the site wants {wanted[name]}")
    said += [f"{name} is missing" for name in wanted if name not in lock.images]
    said += [f"{name} isn't needed" for name in lock.images if name not in wanted]
    said += [
        f"{name} runs on {', '.join(run[name].groups) or 'no group'}, the lock says {', '.join(image.groups) or 'none'}"
        for name, image in lock.run_images().items()
        if name in run and run[name].groups != image.groups
    ]
    return said


def _both(wanted: Mapping[str, str], lock: ImagesLock) -> list[str]:
    return [name for name in wanted if name in lock.images]


class _Empty:
    """A store that has nothing: what is asked for is which images there should be."""

    def has_digest(self, name: str, digest: str) -> bool:
        del name, digest
        return False


def _for(name: str, needed: Sequence[NeededImage]) -> str:
    """What to name to `images build`: parents come along by themselves."""
    return name if any(image.name == name for image in needed) else ""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
