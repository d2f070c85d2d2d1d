"""Builds images of a site, with all that goes with it: recipes, wheels, the lock, the note of what is in use."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundplane.supply.build import build_images
from groundplane.supply.build.lock_update import updated_lock
from groundplane.supply.catalogue import needed_images
from groundplane.supply.pins import pins_of_recipes
from groundplane.supply.recipes import all_recipes, archive_names, release_constraints, wheels_preparation
from groundplane.supply.records import mark_used
from groundplane.supply.store import open_store
from groundplane.supply.trusted_lock import trusted_lock_or_none

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from groundplane.machine.podman import Podman
    from groundplane.site.images_lock import ImagesLock
    from groundplane.site.site import Site
    from groundplane.supply.build import BuildResult
    from groundplane.supply.build.builder import Cancel
    from groundplane.supply.build.events import BuildWatcher
    from groundplane.supply.model import NeededImage

    Looking = AbstractContextManager[Callable[[str], None]]


@dataclass(frozen=True, slots=True)
class SiteBuild:
    """What became of the images, the lock as it is to be (None where it stays), and the bytes that the store takes."""

    result: BuildResult
    lock: ImagesLock | None
    disk: int


def build_for_site(
    site: Site,
    chosen: Sequence[NeededImage],
    *,
    cache: Path,
    memory: Path,
    podman: Podman,
    parallel: int,
    watcher: BuildWatcher,
    cancel: Cancel,
    at_most: Callable[[], int] | None = None,
    fresh: Sequence[str] | None = None,
    keep_versions: bool = True,
    relock: bool = True,
    looking: Looking | None = None,
    catching: AbstractContextManager[object] | None = None,
) -> SiteBuild:
    """Builds what isn't up to date of the chosen images and of all that they stand on.

    Args:
        memory: a private folder in memory, for the store's password.
        parallel, at_most: as in `build_images`.
        fresh: images to build although they are there; all where it is empty, none where it is None.
        keep_versions: whether package versions that the lock names are taken.
        relock: whether the lock is to follow; versions in it are kept to all the same.
        looking: opened while recipes are looked at; told in a few words what is being done.
        catching: opened while images are built, for whoever sets `cancel`.

    Raises:
        InputError: images.lock can't be trusted; as `all_recipes`.
        FailedError, LockedError: as `all_recipes` and `build_images`.
    """
    lock = trusted_lock_or_none(site.path)
    # Before the recipes: nobody prunes what they name.
    with open_store(cache=cache, podman=podman, memory=memory) as store:
        with looking if looking is not None else nullcontext(_nobody) as say:
            recipes = all_recipes(site, chosen, cache=cache, watcher=say)
        with catching if catching is not None else nullcontext():
            result = build_images(
                recipes,
                store=store,
                podman=podman,
                cache=cache,
                release=site.release.name,
                pins=pins_of_recipes(lock, recipes, release=site.release) if keep_versions else None,
                parallel=parallel,
                at_most=at_most,
                watcher=watcher,
                cancel=cancel,
                fresh=() if fresh is None else fresh or [recipe.name for recipe in recipes],
                preparation=wheels_preparation(site, recipes, cache=cache, podman=podman),
                archive_names=archive_names(site.release),
                release_constraints=release_constraints(site),
            )
        disk = store.files.disk_bytes()
        mark_used(cache, result.records.values())
    if result.cancelled or not relock:
        return SiteBuild(result, None, disk)
    # Another build may have written it meanwhile.
    lock = trusted_lock_or_none(site.path)
    new = updated_lock(lock, release=site.release.name, needed=needed_images(site), built=result.records)
    return SiteBuild(result, new, disk)


def _nobody(what: str) -> None:
    del what
