"""Which containers kolla-ansible deploys for a site, and on which hosts: its own conditions over the site's values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundplane.counting import counted
from groundplane.errors import InputError, Problem
from groundplane.site.conditions import Conditions
from groundplane.site.kolla.services import read_services
from groundplane.site.kolla.switches import find_switch
from groundplane.site.source import nearest, suggest
from groundplane.site.values import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from groundplane.site.kolla.services import ContainerFile, ServicesFile
    from groundplane.site.site import Site

HOST = "host"
"""Stands for any host of a group: where a container runs is a matter of groups."""


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


def kolla_containers(site: Site) -> tuple[KollaContainer, ...]:
    """The containers that kolla-ansible deploys for the site, each once, in the order of deployment.

    Raises:
        InputError: a switch that kolla-ansible doesn't know or that can't be worked out; the release has no OpenStack.
    """
    return tuple(
        KollaContainer(
            CONTAINER_NAMES.get(name, name.replace("-", "_")),
            service,
            tuple(dict.fromkeys(host for group in groups for host in site.inventory.group_hosts.get(group, ()))),
            container.image,
            name,
        )
        for service, name, container, groups in placed_containers(site)
    )


def placed_containers(site: Site) -> Iterator[tuple[str, str, ContainerFile, tuple[str, ...]]]:
    """Service, the container's name in Kolla's roles, the container, and the site's groups whose hosts run it.

    Raises:
        InputError: as `kolla_containers`.
    """
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
