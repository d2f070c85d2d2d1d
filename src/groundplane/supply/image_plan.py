"""What a build would do, without doing it: each image that the site needs, where it stands, and why it'd be built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundplane.site.images_file import ImageSource
from groundplane.supply.build.order import UNKNOWN_SECONDS
from groundplane.supply.build.targets import Why, find_targets
from groundplane.supply.catalogue import needed_images
from groundplane.supply.pins import pins_of_recipes
from groundplane.supply.recipes import all_recipes
from groundplane.supply.store.disk import StoreFiles
from groundplane.supply.store.opening import store_root
from groundplane.supply.trusted_lock import former_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from groundplane.site.images_lock import ImagesLock
    from groundplane.site.site import Site
    from groundplane.supply.model import NeededImage, Recipe

LOCKED = "locked"
NOT_LOCKED = "not in the lock"


@dataclass(frozen=True, slots=True)
class PlannedImage:
    """One image of the plan.

    Attributes:
        layer: None for a parent that nobody runs.
        groups: inventory groups whose hosts run it.
        why: why it's built, or that it's up to date; for images that aren't built here, whether the lock has them.
        build: whether a build would make it.
        seconds: how long the last build took; None where there was none.
    """

    name: str
    layer: str | None
    service: str | None
    groups: tuple[str, ...]
    why: str
    build: bool
    tag: str | None = None
    digest: str | None = None
    bytes: int | None = None
    seconds: float | None = None

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        return {
            "name": self.name,
            "layer": self.layer,
            "service": self.service,
            "groups": list(self.groups),
            "parent_only": self.layer is None,
            "build": self.build,
            "why": self.why,
            "tag": self.tag,
            "digest": self.digest,
            "bytes": self.bytes,
            "seconds": self.seconds,
        }


@dataclass(frozen=True, slots=True)
class ImagePlan:
    """All images, parents before what stands on them."""

    source: ImageSource
    images: tuple[PlannedImage, ...]

    @property
    def needed(self) -> tuple[PlannedImage, ...]:
        """Those that hosts run."""
        return tuple(image for image in self.images if image.layer is not None)

    @property
    def parents(self) -> tuple[PlannedImage, ...]:
        """Those that nobody runs."""
        return tuple(image for image in self.images if image.layer is None)

    @property
    def to_build(self) -> tuple[PlannedImage, ...]:
        return tuple(image for image in self.images if image.build)

    @property
    def missing(self) -> tuple[PlannedImage, ...]:
        """Images that aren't built here and that the lock lacks."""
        return tuple(image for image in self.images if image.why == NOT_LOCKED)

    @property
    def seconds(self) -> float:
        """What the builds would take one after the other, guessed where an image was never built here."""
        return sum(UNKNOWN_SECONDS if image.seconds is None else image.seconds for image in self.to_build)


def plan_images(
    site: Site,
    *,
    cache: Path,
    layers: Sequence[str] | None = None,
    watcher: Callable[[str], None] | None = None,
) -> ImagePlan:
    """The plan of a site. Sources and recipes are fetched and rendered where they aren't yet; nothing is built.

    Raises:
        InputError: as `needed_images` and `all_recipes`; the lock is damaged.
        FailedError: a source could not be fetched.
    """
    needed = needed_images(site, layers=layers)
    lock = former_lock(site.path)
    source = site.file.images.source
    if source is not ImageSource.BUILD:
        return ImagePlan(source, tuple(_taken(needed, lock if _fits(lock, site) else None)))
    recipes = all_recipes(site, needed, cache=cache, watcher=watcher) if needed else ()
    return ImagePlan(source, tuple(_built(site, needed, recipes, lock, cache)))


def _fits(lock: ImagesLock | None, site: Site) -> bool:
    return lock is not None and lock.release == site.release.name and lock.source is site.file.images.source


def _taken(needed: Iterable[NeededImage], lock: ImagesLock | None) -> Iterable[PlannedImage]:
    """Images that others built: the lock says which, or it has to be made."""
    for image in needed:
        locked = lock.images.get(image.name) if lock is not None else None
        yield PlannedImage(
            name=image.name,
            layer=image.layer,
            service=image.service,
            groups=image.groups,
            why=LOCKED if locked is not None else NOT_LOCKED,
            build=False,
            tag=locked.tag if locked is not None else None,
            digest=locked.digest if locked is not None else None,
            bytes=locked.bytes if locked is not None else None,
        )


def _built(
    site: Site, needed: Iterable[NeededImage], recipes: Sequence[Recipe], lock: ImagesLock | None, cache: Path
) -> Iterable[PlannedImage]:
    by_name = {image.name: image for image in needed}
    targets = find_targets(
        recipes,
        release=site.release.name,
        cache=cache,
        store=_OnDisk(StoreFiles(store_root(cache))),
        pins=pins_of_recipes(lock, recipes, release=site.release),
    )
    for name, target in targets.items():
        image = by_name.get(name)
        yield PlannedImage(
            name=name,
            layer=image.layer if image is not None else None,
            service=image.service if image is not None else None,
            groups=image.groups if image is not None else (),
            why=target.why.value,
            build=target.why is not Why.UP_TO_DATE,
            tag=target.tag,
            digest=target.record.digest if target.record is not None else None,
            bytes=target.record.bytes if target.record is not None else None,
            seconds=target.seconds,
        )


@dataclass(frozen=True, slots=True)
class _OnDisk:
    """The store as its files say; a plan copies nothing, so nothing has to run."""

    files: StoreFiles

    def has_digest(self, name: str, digest: str) -> bool:
        return self.files.is_whole(name, digest)
