"""Letting package versions move: images are built anew without the lock's pins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.errors import InputError
from groundplane.machine.base_image import ensure_base_image
from groundplane.site.source import suggest
from groundplane.supply.build import build_images
from groundplane.supply.pins import pins_of_recipes
from groundplane.supply.recipes import all_recipes, archive_names, release_constraints, wheels_preparation
from groundplane.supply.trusted_lock import former_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from pathlib import Path

    from groundplane.machine.cancel import CancelToken
    from groundplane.machine.podman import Podman
    from groundplane.site.site import Site
    from groundplane.supply.build import BuildResult
    from groundplane.supply.build.events import BuildWatcher
    from groundplane.supply.model import NeededImage, Recipe
    from groundplane.supply.store import Store


def upgrade_images(
    site: Site,
    needed: Sequence[NeededImage],
    *,
    names: Sequence[str] = (),
    cache: Path,
    store: Store,
    podman: Podman,
    parallel: int,
    watcher: BuildWatcher | None = None,
    cancel: CancelToken | None = None,
    say: Callable[[str], None] = lambda _text: None,
) -> BuildResult:
    """Builds images anew with the newest packages that their mirrors have, and whatever stands on them.

    All images where none is named; the bare Debian images that they begin with are then made anew, too. The other
    images keep to the lock.

    Args:
        names: of images or of their parents.
        say: told in a few words what is being done before the builds.

    Raises:
        InputError: an unknown name; as `all_recipes`.
        FailedError: as `build_images`. An image that fails is in the result.
    """
    recipes = all_recipes(site, needed, cache=cache, watcher=say)
    moving = standing_on(names, recipes) if names else {recipe.name for recipe in recipes}
    if not names:
        for suite in sorted({recipe.suite for recipe in recipes if recipe.parent is None}):
            say(f"Making the bare Debian image {suite} anew")
            ensure_base_image(suite, cache=cache, fresh=True)
    pins = pins_of_recipes(former_lock(site.path), recipes, release=site.release)
    return build_images(
        recipes,
        store=store,
        podman=podman,
        cache=cache,
        release=site.release.name,
        pins={name: found for name, found in pins.items() if name not in moving},
        parallel=parallel,
        watcher=watcher,
        cancel=cancel,
        fresh=sorted(moving),
        preparation=wheels_preparation(site, recipes, cache=cache, podman=podman),
        archive_names=archive_names(site.release),
        release_constraints=release_constraints(site),
    )


def standing_on(names: Iterable[str], recipes: Collection[Recipe]) -> set[str]:
    """The named images, and those that stand on them, however far above.

    Raises:
        InputError: an unknown name.
    """
    parents = {recipe.name: recipe.parent for recipe in recipes}
    for name in names:
        if name not in parents:
            cure = suggest(name, parents, "groundplane images plan lists those that it needs.")
            raise InputError(f"The site needs no image '{name}'", cure=cure)
    found = set(names)
    growing = True
    while growing:
        more = {name for name, parent in parents.items() if parent in found} - found
        found |= more
        growing = bool(more)
    return found
