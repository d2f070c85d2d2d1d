"""Which images a site needs: worked out from its layers, its enable_ switches and its release, never a fixed list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from groundplane.errors import InputError, Problem
from groundplane.kolla.containers import placed_containers
from groundplane.site.images_file import IMAGE_LAYERS
from groundplane.site.source import suggest
from groundplane.supply.model import Maker, NeededImage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from groundplane.site.site import Site


@dataclass(frozen=True, slots=True)
class OwnService:
    """A service that isn't Kolla's: its image, and the groups whose hosts run it."""

    layer: str
    image: str
    groups: tuple[str, ...]


OWN_SERVICES = (
    # cephadm runs every daemon, and its own shell, from the one image.
    OwnService("ceph", "ceph", ("storage", "control")),
    OwnService("identity", "keycloak", ("control",)),
)


def image_layers(site: Site) -> tuple[str, ...]:
    """The site's layers that need images: `images.layers` of site.yml, else those of `layers`."""
    return tuple(name for name in site.file.images.layers or site.file.layers if name in IMAGE_LAYERS)


def needed_images(site: Site, *, layers: Sequence[str] | None = None) -> tuple[NeededImage, ...]:
    """The images that the site's hosts run, each once, in the order of deployment.

    `layers` are asked for instead of the site's own. Groups are those of the site's inventory; an image whose service
    is wanted but that no host would run has none.

    Raises:
        InputError: a layer that has no images or doesn't exist, a switch that kolla-ansible doesn't know or that
            can't be worked out, a release that lacks what a layer needs.
    """
    wanted = tuple(layers) if layers is not None else image_layers(site)
    for name in wanted:
        if name not in IMAGE_LAYERS:
            raise InputError(f"The layer '{name}' has no images", cure=suggest(name, IMAGE_LAYERS, _known()))
    found: list[NeededImage] = []
    for name in IMAGE_LAYERS:
        if name in wanted:
            found += _openstack(site) if name == "openstack" else _own(site, name)
    return tuple(found)


def image_problems(site: Site) -> tuple[Problem, ...]:
    """What is wrong with the site's switches and its release, as far as images are concerned; empty where all is well.

    For whoever checks a whole site: `needed_images` raises the same.
    """
    try:
        needed_images(site)
    except InputError as error:
        return error.problems or (Problem(error.what, error.cure, error.place),)
    return ()


def _known() -> str:
    return f"Layers with images: {', '.join(IMAGE_LAYERS)}."


def _own(site: Site, layer: str) -> Iterator[NeededImage]:
    pinned = {"ceph": site.release.ceph, "identity": site.release.keycloak}[layer]
    for service in OWN_SERVICES:
        if service.layer != layer:
            continue
        if pinned is None:
            raise InputError(
                f"The release {site.release.name} pins no {service.image}",
                cure=f"Name another release in site.yml, or leave {layer} out of the layers.",
            )
        groups = tuple(name for name in service.groups if name in site.inventory.groups)
        yield NeededImage(service.image, layer, service.image, Maker.OWN, groups)


def _openstack(site: Site) -> tuple[NeededImage, ...]:
    images: dict[str, NeededImage] = {}
    for service, _, container, groups in placed_containers(site):
        image = images.get(container.image) or NeededImage(container.image, "openstack", service, Maker.KOLLA, ())
        images[container.image] = replace(image, groups=tuple(dict.fromkeys([*image.groups, *groups])))
    return tuple(images.values())
