"""Every recipe that a site's images need, whoever describes them, and what their builds wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.errors import InputError
from groundplane.site.images_file import ImageSource
from groundplane.site.source import suggest
from groundplane.supply.build import Preparation
from groundplane.supply.catalogue import needed_images
from groundplane.supply.mirrors import find_mirrors
from groundplane.supply.model import Maker, NeededImage, Recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from groundplane.machine.podman import Podman
    from groundplane.site.release import Release
    from groundplane.site.site import Site
    from groundplane.supply.model import BuildMount

SITE_OVERRIDES = "environments/openstack/template-overrides.j2"
"""The site's own template overrides for Kolla's images, below the site's folder."""
WHEELS = "Python wheels"


def all_recipes(
    site: Site,
    needed: Iterable[NeededImage],
    *,
    cache: Path,
    watcher: Callable[[str], None] | None = None,
) -> tuple[Recipe, ...]:
    """Recipes of images and of all that they stand on, parents first.

    Whoever builds them opens the store before: what the recipes name in the cache stays until the store is closed.

    Args:
        needed: from `catalogue.needed_images`.
        cache: Settings.cache.
        watcher: told in a few words what is being done, when it takes a while.

    Raises:
        InputError: an override that doesn't render, a source that the release doesn't pin, an image nobody makes.
        FailedError: a source could not be fetched, or has another checksum.
        LockedError: another command prunes the cache right now.
    """
    from groundplane.supply.store.opening import using_images  # noqa: PLC0415 - starts with a few heavy imports

    with using_images(cache):
        return _all_recipes(site, list(needed), cache=cache, watcher=watcher)


def _all_recipes(
    site: Site, wanted: Sequence[NeededImage], *, cache: Path, watcher: Callable[[str], None] | None
) -> tuple[Recipe, ...]:
    mirrors = find_mirrors(site.file.images.mirrors)
    recipes: dict[str, Recipe] = {}
    kolla = [image.name for image in wanted if image.maker is Maker.KOLLA]
    if kolla:
        from groundplane.supply.kolla.recipes import kolla_recipes  # noqa: PLC0415 - starts with a few heavy imports

        overrides = site.path / SITE_OVERRIDES
        found = kolla_recipes(
            site.release,
            site.content,
            kolla,
            site_overrides=overrides if overrides.is_file() else None,
            cache=cache,
            mirrors=mirrors,
            watcher=watcher,
        )
        recipes |= {recipe.name: recipe for recipe in found}
    own = [image.name for image in wanted if image.maker is Maker.OWN]
    if own:
        from groundplane.supply.own import own_recipes  # noqa: PLC0415

        made = own_recipes(site.release, site.content, own, cache=cache, mirrors=mirrors, watcher=watcher)
        recipes |= {recipe.name: recipe for recipe in made}
    return tuple(recipes.values())


def choose_images(
    site: Site, *, names: Sequence[str] = (), layers: Sequence[str] | None = None
) -> tuple[NeededImage, ...]:
    """The images that the site needs, or those of them that are named.

    Raises:
        InputError: there are none; a name that isn't among them; as `needed_images`.
    """
    needed = needed_images(site, layers=layers)
    if not needed:
        raise InputError(
            "The site's layers need no images",
            why=f"site.yml has the layers {', '.join(site.file.layers)}",
            cure="Name a layer that does (--layer openstack), or add it to layers, or to images.layers, in site.yml.",
        )
    known = {image.name for image in needed}
    for name in names:
        if name not in known:
            raise InputError(
                f"The site needs no image '{name}'",
                cure=suggest(name, known, "groundplane images plan lists those that it needs."),
            )
    return tuple(image for image in needed if not names or image.name in names)


def wheels_preparation(site: Site, recipes: Iterable[Recipe], *, cache: Path, podman: Podman) -> Preparation | None:
    """Wheels for the Kolla images that install Python packages; None where there are none of these."""
    images = frozenset(recipe.name for recipe in recipes if recipe.maker is Maker.KOLLA and _installs_python(recipe))
    if not images or site.release.openstack is None:
        return None
    from groundplane.supply.kolla.wheels import ensure_wheels, stop_wheels  # noqa: PLC0415

    def run() -> tuple[BuildMount, ...]:
        mirrors = find_mirrors(site.file.images.mirrors)
        return (ensure_wheels(site.release, site.content, cache=cache, podman=podman, mirrors=mirrors),)

    return Preparation(WHEELS, images, run, stop=lambda: stop_wheels(podman))


def archive_names(release: Release) -> dict[str, str]:
    """File names of the release's source archives by their sha256, as the package indexes call them."""
    found = {}
    if release.openstack is not None:
        for pin in release.openstack.sources.values():
            found[pin.sha256] = f"{pin.package}-{pin.version}.tar.gz"
    if release.keycloak is not None:
        archive = release.keycloak.archive
        found[archive.sha256] = f"{archive.artifact}-{archive.version}.{archive.packaging}"
    return found


def release_constraints(site: Site) -> tuple[str, ...]:
    """Lines of the release's Python constraints; none where it has no OpenStack.

    Raises:
        InputError: the file isn't there.
    """
    if site.release.openstack is None:
        return ()
    from groundplane.supply.kolla.wheels import read_constraints  # noqa: PLC0415

    return tuple(read_constraints(site.release, site.content).splitlines())


def _installs_python(recipe: Recipe) -> bool:
    return "/pip-install " in (recipe.context / "Dockerfile").read_text(encoding="utf-8")


def need_build_source(site: Site) -> None:
    """Checks that the site builds its images.

    Raises:
        InputError: it takes them from somewhere else.
    """
    source = site.file.images.source
    if source is not ImageSource.BUILD:
        raise InputError(
            "This site builds no images",
            why=f"site.yml says images.source: {source.value}",
            cure="Say images.source: build, or take them from there: groundplane images lock, then push.",
        )
