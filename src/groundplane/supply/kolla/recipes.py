"""Kolla's images as recipes: a complete build context each, and a digest over all that goes in."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.errors import FailedError, InputError, Place
from groundplane.machine.base_image import build_lock
from groundplane.supply.build_tools import TOOLS_FORMAT, build_mounts
from groundplane.supply.cache_entries import note_use
from groundplane.supply.kolla.archives import COLLECTIONS, CONSTRAINTS, collection_archive, constraints_archive
from groundplane.supply.kolla.collections import PINS, collections_archive, read_pins, read_wanted
from groundplane.supply.kolla.dockerfile import added_archives
from groundplane.supply.kolla.environment import openstack_pin
from groundplane.supply.kolla.rendering import RenderedImage, render, templates_folder
from groundplane.supply.kolla.unavailable import check_available, read_unavailable
from groundplane.supply.model import Maker, Recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from groundplane.content import Content
    from groundplane.site.release import OpenStackPin, PackagePin, Release
    from groundplane.supply.mirrors import Mirrors

RECIPE_FORMAT = "1"
ANSIBLE_COLLECTIONS = "collections"
"""The archive that our override of kolla-toolbox adds."""


@dataclass(frozen=True, slots=True)
class _Ingredients:
    """What stands in one image's context: Kolla's folder, archives by their name beside the Dockerfile."""

    image: RenderedImage
    packages: Mapping[str, tuple[PackagePin, ...]] = field(default_factory=dict)
    constraints: Mapping[str, Path] = field(default_factory=dict)

    def digest(self) -> str:
        total = hashlib.sha256(f"{RECIPE_FORMAT}|{TOOLS_FORMAT}".encode())
        for path in sorted(self.image.folder.rglob("*")):
            if path.is_file():
                name = path.relative_to(self.image.folder).as_posix()
                runs = bool(path.stat().st_mode & 0o100)
                total.update(f"|{name}|{runs}|{hashlib.sha256(path.read_bytes()).hexdigest()}".encode())
        for name, pins in sorted(self.packages.items()):
            total.update(f"|{name}|{'|'.join(pin.sha256 for pin in pins)}".encode())
        for name, constraints in sorted(self.constraints.items()):
            total.update(f"|{name}|{hashlib.sha256(constraints.read_bytes()).hexdigest()}".encode())
        return total.hexdigest()


def kolla_recipes(
    release: Release,
    content: Content,
    names: Sequence[str],
    *,
    site_overrides: Path | None,
    cache: Path,
    mirrors: Mirrors,
    watcher: Callable[[str], None] | None = None,
) -> tuple[Recipe, ...]:
    """Recipes for images and all that they stand on, parents first.

    The first call for a release renders and fetches; later ones read what is in the cache.

    Args:
        names: Kolla's names of images, such as keystone or mariadb-server.
        site_overrides: the site's own template overrides, None where it has none.
        watcher: told in a few words what is being done, when it takes a while.

    Raises:
        InputError: no such image; one that can't be built here; an override that does not render; a source that the
            release doesn't pin.
        FailedError: a source could not be fetched, or has another checksum.
    """
    pin = openstack_pin(release, content)
    if watcher is not None:
        watcher("Rendering Kolla's templates")
    rendering = render(release, content, site_overrides=site_overrides, cache=cache)
    needed = rendering.with_parents(names)
    check_available(needed, read_unavailable(templates_folder(release, content)), site_overrides)
    mounts = build_mounts(content, mirrors, cache=cache)
    suite = release.images.suite if release.images is not None else release.runtime.image_suite
    suites = release.images.suites if release.images is not None else {}
    recipes: dict[str, Recipe] = {}
    for name in needed:
        image = rendering.images[name]
        ingredients = _ingredients(image, release, pin, content)
        own_suite = suites.get(name, suite)
        contexts = cache / "images" / "kolla" / "contexts"
        digest = ingredients.digest()
        context = contexts / f"{name}-{digest[:16]}"
        if not context.is_dir():
            with build_lock(contexts, name):
                if not context.is_dir():
                    _fill(ingredients, context, cache=cache, mirrors=mirrors, watcher=watcher)
        note_use(context)
        parent = image.parent
        if own_suite != suite:
            parent = _other_base(recipes, parent, own_suite, name)
        recipes[name] = Recipe(
            name=name,
            parent=parent,
            suite=own_suite,
            context=context,
            digest=digest,
            maker=Maker.KOLLA,
            mounts=mounts,
        )
    return tuple(recipes.values())


def _other_base(recipes: dict[str, Recipe], parent: str | None, suite: str, name: str) -> str | None:
    """The parent of an image that stands on another suite: Kolla's base once more, on that suite."""
    if parent is None:
        return None
    base = recipes[parent]
    if base.parent is not None:
        raise InputError(
            f"'{name}' can't be built on {suite}: its parent {parent} isn't Kolla's base image",
            cure="Leave it out of images.suites in the release file, or name its parents there too.",
        )
    other = f"{parent}-{suite}"
    if other not in recipes:
        recipes[other] = Recipe(
            name=other,
            parent=None,
            suite=suite,
            context=base.context,
            digest=base.digest,
            maker=Maker.KOLLA,
            mounts=base.mounts,
        )
    return other


def _ingredients(image: RenderedImage, release: Release, pin: OpenStackPin, content: Content) -> _Ingredients:
    packages: dict[str, tuple[PackagePin, ...]] = {}
    constraints: dict[str, Path] = {}
    for name in added_archives((image.folder / "Dockerfile").read_text(encoding="utf-8")):
        if name in COLLECTIONS:
            kind = f"{image.name}-{name.removesuffix('s') if name == 'plugins' else name}-"
            packages[name] = tuple(value for key, value in sorted(pin.sources.items()) if key.startswith(kind))
        elif name == ANSIBLE_COLLECTIONS:
            packages[name] = read_pins(templates_folder(release, content) / PINS)
        elif name in CONSTRAINTS:
            path = content.releases / pin.constraints
            if not path.is_file():
                raise InputError(
                    f"Release {release.name} names {pin.constraints}, which is not there",
                    cure=f"Put the upper constraints at {path}.",
                    place=Place(content.releases / f"{release.name}.yml"),
                )
            constraints[name] = path
        elif name in pin.sources:
            packages[name] = (pin.sources[name],)
        else:
            raise InputError(
                f"The image '{image.name}' needs the source '{name}', which release {release.name} doesn't pin",
                cure=f"Add openstack.sources.{name} to the release file, or override the block that adds it.",
                place=Place(content.releases / f"{release.name}.yml"),
            )
    return _Ingredients(image, packages, constraints)


def _fill(
    ingredients: _Ingredients,
    context: Path,
    *,
    cache: Path,
    mirrors: Mirrors,
    watcher: Callable[[str], None] | None,
) -> None:
    """Makes the context whole or not at all."""
    work = Path(tempfile.mkdtemp(dir=context.parent, prefix=".new-"))
    try:
        shutil.copytree(ingredients.image.folder, work, dirs_exist_ok=True)
        for name, path in ingredients.constraints.items():
            (work / f"{name}-archive").write_bytes(constraints_archive(path.read_bytes()))
        for name, pins in ingredients.packages.items():
            fetched = []
            for pin in pins:
                from groundplane.supply.archives import fetch_package_archive  # noqa: PLC0415 - for sources alone

                if watcher is not None:
                    watcher(f"Fetching {pin.package} {pin.version}")
                fetched.append(fetch_package_archive(pin, cache=cache, mirrors=mirrors))
            if name == ANSIBLE_COLLECTIONS:
                wanted = read_wanted(ingredients.image.folder / "requirements.yml")
                (work / f"{name}-archive").write_bytes(collections_archive(wanted, fetched))
            elif name in COLLECTIONS:
                (work / f"{name}-archive").write_bytes(collection_archive(name, fetched))
            else:
                _link(fetched[0], work / f"{name}-archive")
        work.chmod(0o755)
        os.replace(work, context)  # noqa: PTH105 - a folder is renamed whole
    except OSError as error:
        raise FailedError(f"The build context of '{ingredients.image.name}' can't be made", why=str(error)) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
