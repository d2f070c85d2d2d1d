"""What a site needs of all that this machine has: what its lock names, and what its present recipes stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml
from pydantic import ValidationError

from groundplane.errors import GroundplaneError, InputError
from groundplane.site.images_file import ImageSource
from groundplane.site.release import Release
from groundplane.supply.bundle.debian import host_architecture
from groundplane.supply.bundle.sources import wheel_sets
from groundplane.supply.bundle.toolkit import find_toolkit
from groundplane.supply.bundle.wheels import PYTHONS
from groundplane.supply.cache_entries import Needed
from groundplane.supply.catalogue import needed_images
from groundplane.supply.kolla.collections import PINS, read_pins
from groundplane.supply.kolla.environment import kolla_environment
from groundplane.supply.kolla.rendering import render, templates_folder
from groundplane.supply.kolla.wheels import builder_key, wheels_key
from groundplane.supply.locking import site_targets
from groundplane.supply.model import Maker
from groundplane.supply.prune import Keep, keep_of_lock
from groundplane.supply.recipes import SITE_OVERRIDES
from groundplane.supply.trusted_lock import former_lock

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from groundplane.content import Content
    from groundplane.site.site import Site
    from groundplane.supply.build.targets import ImageFinder, Target


def keep_of_site(site: Site, *, cache: Path, store: ImageFinder) -> tuple[Keep, list[str]]:
    """What has to stay, and sentences about what could not be found out.

    Recipes that can't be rendered right now (a broken override, an index that doesn't answer) don't keep anybody from
    freeing a full disk: the lock still says what matters.

    Raises:
        InputError: the lock is damaged.
    """
    named, doubts = needed_by_releases(site.content, cache=cache)
    wheels = Needed(paths=bundle_wheels(site, cache=cache))
    keep = keep_of_lock(former_lock(site.path)) | Keep(entries=named | wheels)
    if site.file.images.source is not ImageSource.BUILD:
        return keep, doubts
    try:
        targets = site_targets(site, needed_images(site), cache=cache, store=store)
        folders = _rendering(site, targets.values(), cache=cache)
    except GroundplaneError as error:
        doubts.append(f"Only images.lock says what is needed, because the recipes can't be looked at: {error.what}")
        return keep, doubts
    plan = Keep(
        tags=frozenset((name, target.tag) for name, target in targets.items()),
        digests=frozenset(
            (name, target.record.digest) for name, target in targets.items() if target.record is not None
        ),
        entries=Needed(
            paths=frozenset(
                str(path)
                for target in targets.values()
                for path in (target.recipe.context, *(mount.source for mount in target.recipe.mounts), *folders)
            )
        ),
    )
    return keep | plan, doubts


def needed_by_releases(content: Content, *, cache: Path) -> tuple[Needed, list[str]]:
    """What the toolkit's release files name, all of them: one of them is what a site comes from, another where it goes.

    Also sentences about files that could not be read.
    """
    paths: set[str] = set()
    suites: set[str] = set()
    doubts = []
    for file in sorted(content.releases.glob("*.yml")):
        try:
            release = Release.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
            paths |= _named_paths(release, content, cache=cache)
        except (OSError, yaml.YAMLError, ValidationError, InputError) as error:
            doubts.append(f"What {file.name} names isn't known, because it can't be read: {str(error).splitlines()[0]}")
            continue
        pins = (release.images, release.ceph, release.keycloak)
        suites |= {pin.suite for pin in pins if pin is not None}
        suites |= set(release.images.suites.values()) if release.images is not None else set()
    return Needed(paths=frozenset(paths), suites=frozenset(suites)), doubts


def bundle_wheels(site: Site, *, cache: Path) -> frozenset[str]:
    """Where the wheels are that the site's next bundle carries, whatever its suites."""
    architecture = host_architecture()
    try:
        toolkit = find_toolkit(site.content, loaded=None)
        sets = wheel_sets(site, toolkit, tuple(PYTHONS), architecture)
    except GroundplaneError:
        return frozenset()
    return frozenset(str(found.folder(cache, architecture)) for found in sets)


def _named_paths(release: Release, content: Content, *, cache: Path) -> set[str]:
    """Archives by checksum, kolla's environment, wheels.

    Raises:
        InputError: a file is missing that the release names.
    """
    named = {release.keycloak.archive.sha256} if release.keycloak is not None else set()
    if release.openstack is not None:
        named |= {pin.sha256 for pin in release.openstack.sources.values()}
        named.add(str(kolla_environment(release, content, cache=cache).folder))
        if release.images is not None:
            collections = templates_folder(release, content) / PINS
            named |= {pin.sha256 for pin in read_pins(collections)} if collections.is_file() else set()
            wheels = cache / "images" / "wheels"
            named.add(str(wheels / wheels_key(release, content)))
            named.add(str(wheels / f"built-{builder_key(release, content)}"))
    return named


def _rendering(site: Site, targets: Iterable[Target], *, cache: Path) -> list[Path]:
    """The folder that the recipes of Kolla's images were taken from."""
    if not any(target.recipe.maker is Maker.KOLLA for target in targets):
        return []
    overrides = site.path / SITE_OVERRIDES
    given = overrides if overrides.is_file() else None
    return [render(site.release, site.content, site_overrides=given, cache=cache).folder]
