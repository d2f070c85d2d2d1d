"""Which images a site needs: worked out from its layers, its enable_ switches and its release, never a fixed list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from groundplane.counting import counted
from groundplane.errors import InputError, Place, Problem
from groundplane.site.images_file import IMAGE_LAYERS
from groundplane.site.source import nearest, read_source, suggest
from groundplane.site.values import Level, Value
from groundplane.supply.conditions import Conditions
from groundplane.supply.model import Maker, NeededImage
from groundplane.supply.services import read_services

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from groundplane.site.site import Site
    from groundplane.site.source import Source
    from groundplane.supply.services import ContainerFile, ServicesFile

HOST = "host"
"""Stands for any host of a group: where a container runs is a matter of groups."""


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


@dataclass(frozen=True, slots=True)
class KollaContainer:
    """A container as the container engine knows it, the service that it belongs to, its hosts, and its image.

    Attributes:
        folder: of its configuration, below Kolla's own on the host.
    """

    name: str
    service: str
    hosts: tuple[str, ...]
    image: str = ""
    folder: str = ""


CONTAINER_NAMES = {"openvswitch-db-server": "openvswitch_db"}
"""Where kolla-ansible doesn't just write underscores for the dashes of the name in its role."""


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


def kolla_containers(site: Site) -> tuple[KollaContainer, ...]:
    """The containers that kolla-ansible deploys for the site, each once, in the order of deployment.

    Raises:
        InputError: as `needed_images`.
    """
    return tuple(
        KollaContainer(
            CONTAINER_NAMES.get(name, name.replace("-", "_")),
            service,
            tuple(dict.fromkeys(host for group in groups for host in site.inventory.group_hosts.get(group, ()))),
            container.image,
            name,
        )
        for service, name, container, groups in _placed(site)
    )


def _openstack(site: Site) -> tuple[NeededImage, ...]:
    images: dict[str, NeededImage] = {}
    for service, _, container, groups in _placed(site):
        image = images.get(container.image) or NeededImage(container.image, "openstack", service, Maker.KOLLA, ())
        images[container.image] = replace(image, groups=tuple(dict.fromkeys([*image.groups, *groups])))
    return tuple(images.values())


def _placed(site: Site) -> Iterator[tuple[str, str, ContainerFile, tuple[str, ...]]]:
    """Service, the container's name in Kolla's roles, the container, and the site's groups whose hosts run it."""
    services = read_services(site.release, site.content)
    _refuse_unknown_switches(site, services)
    find = find_switch(site, services.defaults)
    flat = {group: flat_group(group, services.groups, site.inventory.groups) for group in services.groups}
    leaves = dict.fromkeys(leaf for found in flat.values() for leaf in found)
    by_leaf = {leaf: Conditions(find, group_facts(leaf, flat)) for leaf in leaves}
    nowhere = Conditions(find, group_facts("", flat))
    for name, service in services.services.items():
        if not nowhere.is_true(service.enabled):
            continue
        for key, container in service.containers.items():
            runs_on = [leaf for leaf, here in by_leaf.items() if _runs(container, here, leaf, flat)]
            if runs_on:
                yield name, key, container, tuple(leaf for leaf in runs_on if leaf in site.inventory.groups)


def _runs(container: ContainerFile, here: Conditions, leaf: str, flat: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a host of the group `leaf` runs it: kolla-ansible's `host_in_groups` where it has one, else its group."""
    if container.hosts:
        return here.is_true(container.enabled) and here.is_true(container.hosts)
    group = here.text(container.group)
    return leaf in flat.get(group, (group,)) and here.is_true(container.enabled)


def group_facts(leaf: str, flat: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """What kolla-ansible's conditions know of a host that is in the group `leaf` and in all that contain it."""
    groups = {group: [HOST] if leaf in members else [] for group, members in flat.items()}
    groups |= {name: [HOST] if name == leaf else [] for members in flat.values() for name in members}
    return {"inventory_hostname": HOST, "groups": groups, "ansible_facts": {"os_family": "Debian"}}


def flat_group(group: str, children: Mapping[str, tuple[str, ...]], written: Iterable[str]) -> tuple[str, ...]:
    """What a group of Kolla's consists of in the end; a group that the site's inventory has itself is an end."""
    if group in written or group not in children:
        return (group,)
    return tuple(dict.fromkeys(leaf for child in children[group] for leaf in flat_group(child, children, written)))


@lru_cache(maxsize=4)
def _defaults(path: Path, _changed: int) -> Source | None:
    """A plan asks for each host."""
    return read_source(path, [])


def find_switch(site: Site, kolla: Mapping[str, Any]) -> Callable[[str], Value | None]:
    """Finds a variable: the site's own, then the toolkit's defaults for the layer, then kolla-ansible's (`kolla`)."""
    path = site.content.environments / "openstack" / "defaults.yml"
    # A layer that the site doesn't have yet can be asked for too, so its defaults needn't be among the variables.
    source = _defaults(path, path.stat().st_mtime_ns) if path.is_file() else None
    ours: dict[str, Any] = source.data if source is not None and source.data else {}

    def find(name: str) -> Value | None:
        found = site.variables.value(name, None)
        if found is not None:
            return found
        if source is not None and name in ours:
            return Value(ours[name], Level.DEFAULT, source.place(name), "openstack")
        if name in kolla:
            return Value(kolla[name], Level.DEFAULT, Place(path), "kolla-ansible")
        return None

    return find


def _refuse_unknown_switches(site: Site, services: ServicesFile) -> None:
    problems = tuple(_unknown_switches(site, services))
    if problems:
        raise InputError(f"No service is switched by {counted(len(problems), 'variable')}", problems=problems)


def _unknown_switches(site: Site, services: ServicesFile) -> Iterator[Problem]:
    """A misspelt switch would be obeyed by nobody, and what it was meant for would be missing on the hosts."""
    known = set(services.switches) | set(services.defaults)
    for name in sorted(site.variables.all_names()):
        if not name.startswith("enable_") or name in known:
            continue
        for value in site.variables.everywhere(name):
            # Groups and hosts may have variables for playbooks of the site's own.
            of_the_layer = value.level is Level.ENVIRONMENT and value.source == "openstack"
            if of_the_layer or nearest(name, known) is not None:
                what = f"kolla-ansible {services.kolla_ansible} has no switch '{name}'"
                cure = suggest(name, known, "See environments/openstack/defaults.yml of the toolkit.")
                yield Problem(what, cure, value.place)
