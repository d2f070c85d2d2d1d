"""Images that others made: where they are published, and which digest their tags stand for now."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from groundplane.errors import InputError, Problem
from groundplane.site.derived_images import registry_variables
from groundplane.site.images_file import ImageSource
from groundplane.supply.model import Maker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from groundplane.site.release import Release
    from groundplane.site.site import Site
    from groundplane.supply.model import NeededImage

_ASKED_AT_ONCE = 8
_UPSTREAM_VERSION = re.compile(r"^\d+(\.\d+)*")
"""What Debian's version begins with: 18.2.7 of 18.2.7+ds-1."""


def upstream_references(site: Site, needed: Sequence[NeededImage]) -> dict[str, tuple[str, str]]:
    """Image name to HOST/PATH and tag, as site.yml and the release say.

    source upstream: Kolla's tag is SERIES-debian-SUITE, Ceph's vVERSION, Keycloak's VERSION. source registry: the
    site's registry and namespace, the release's name as the tag.

    Raises:
        InputError: site.yml doesn't say where an image comes from, or the release pins nothing for it.
    """
    if site.file.images.source is ImageSource.REGISTRY:
        return _own_registry(site, needed)
    found: dict[str, tuple[str, str]] = {}
    problems: list[Problem] = []
    for image in needed:
        repository, key = _repository(site, image)
        tag = _tag(site.release, image)
        if repository is None:
            what = f"site.yml doesn't say where {image.name} is published"
            place = site.source.place("images")
            problems.append(Problem(what, f"Set images.upstream.{key} to its HOST/PATH.", place))
        elif tag is None:
            what = f"The release {site.release.name} doesn't say which {image.name} is meant"
            problems.append(Problem(what, "Name another release in site.yml, or leave its layer out."))
        else:
            found[image.name] = (repository, tag)
    if problems:
        # One image's missing setting is all images' of the same project.
        unique = tuple({problem.cure: problem for problem in problems}.values())
        raise InputError("The images' origin isn't known", problems=unique)
    return found


def resolve_digests(
    references: Mapping[str, tuple[str, str]], *, ask: Callable[[str], str | None]
) -> dict[str, tuple[str, str, str]]:
    """Image name to HOST/PATH, tag and the digest that the tag stands for now; several are asked for at once.

    Args:
        ask: the digest of HOST/PATH:TAG, None where it's missing (`skopeo.inspect_digest`).

    Raises:
        InputError: images are missing there; all of them are named.
        FailedError: a registry can't be asked.
    """
    with ThreadPoolExecutor(_ASKED_AT_ONCE) as pool:
        digests = dict(
            zip(references, pool.map(lambda item: ask(f"{item[0]}:{item[1]}"), references.values()), strict=True)
        )
    missing = [f"{repository}:{tag}" for name, (repository, tag) in references.items() if digests[name] is None]
    if missing:
        raise InputError(
            "Images are missing where they should come from",
            problems=tuple(
                Problem(
                    f"There is no {reference}",
                    "Correct images.upstream or images.registry in site.yml, or put it there.",
                )
                for reference in missing
            ),
        )
    return {name: (*references[name], digest) for name, digest in digests.items() if digest is not None}


def _own_registry(site: Site, needed: Sequence[NeededImage]) -> dict[str, tuple[str, str]]:
    registry = registry_variables(site.file, site.inventory)
    if not registry["address"]:
        raise InputError(
            "site.yml takes images from a registry of yours, and doesn't say which",
            cure="Set images.registry.address to its HOST:PORT.",
            place=site.source.place("images"),
        )
    folder = f"{registry['address']}/{registry['namespace']}"
    return {image.name: (f"{folder}/{image.name}", site.release.name) for image in needed}


def _repository(site: Site, image: NeededImage) -> tuple[str | None, str]:
    """HOST/PATH of the image, and the key of images.upstream that says it."""
    upstream = site.file.images.upstream
    if image.maker is Maker.KOLLA:
        return (f"{upstream.kolla.rstrip('/')}/{image.name}" if upstream.kolla else None), "kolla"
    if image.name == "keycloak":
        return upstream.keycloak, "keycloak"
    return upstream.ceph, "ceph"


def _tag(release: Release, image: NeededImage) -> str | None:
    if image.maker is Maker.KOLLA:
        if release.openstack is None or release.images is None:
            return None
        return f"{release.openstack.series}-debian-{release.images.suite}"
    if image.name == "keycloak":
        return release.keycloak.version if release.keycloak is not None else None
    version = _UPSTREAM_VERSION.match(release.ceph.version) if release.ceph is not None else None
    return f"v{version[0]}" if version is not None else None
