"""Containers that steps brought to hosts, and that the site doesn't ask for there any more.

Of a step that a host doesn't have any more (the host left a group, the layer is gone) the watch list is still there,
and names its containers. Kolla's containers are known by their folders, so that those are found too that only some
switch of a service turned off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.plan.drift import CONTAINER, MISSING
from groundplane.plan.model import Leftover

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from groundplane.layers.model import Graph
    from groundplane.plan.model import HostProbe
    from groundplane.site.site import Site

KOLLA = "openstack"
"""The layer whose containers are Kolla's."""


def find_leftovers(
    site: Site, graph: Graph, probe: Mapping[str, HostProbe], *, layers: Collection[str] | None = None
) -> tuple[Leftover, ...]:
    """What was found on hosts, by step; of these layers alone where some are given.

    Raises:
        InputError: what Kolla runs can't be worked out, see `groundplane.kolla.containers.kolla_containers`.
    """
    wanted = _folders(site) if any(answer.containers for answer in probe.values()) else None
    found = []
    for host, answer in probe.items():
        by_step: dict[str, list[str]] = {}
        for step, name in _of_steps(graph, answer):
            if wanted is None or step.partition(".")[0] != KOLLA:
                by_step.setdefault(step, []).append(name)
        if wanted is not None:
            for step, name in _of_kolla(wanted, answer):
                by_step.setdefault(step, []).append(name)
        found += [
            Leftover(step=step, host=host, containers=tuple(sorted(names)))
            for step, names in sorted(by_step.items())
            if layers is None or step.partition(".")[0] in layers
        ]
    return tuple(found)


def _of_steps(graph: Graph, answer: HostProbe) -> Iterator[tuple[str, str]]:
    for step, items in answer.steps.items():
        if answer.host not in graph.hosts.get(step, ()):
            for item, value in items.items():
                if item.startswith(CONTAINER) and value != MISSING:
                    yield step, item.removeprefix(CONTAINER)


def _folders(site: Site) -> tuple[Mapping[str, str], Mapping[str, frozenset[str]]] | None:
    """Folder to the service that it belongs to, and host to the folders of what it is to run."""
    if KOLLA not in site.file.layers:
        return None
    # Only a plan that found containers of Kolla's carries the weight.
    from groundplane.kolla.watching import folders_by_host  # noqa: PLC0415
    from groundplane.site.kolla.catalogue import read_catalogue  # noqa: PLC0415

    services = read_catalogue(site.release, site.content).services
    owners = {folder: name for name, service in services.items() for folder in service.containers}
    wanted: dict[str, set[str]] = {}
    for hosts in folders_by_host(site).values():
        for host, folders in hosts.items():
            wanted.setdefault(host, set()).update(folders)
    return owners, {host: frozenset(folders) for host, folders in wanted.items()}


def _of_kolla(
    known: tuple[Mapping[str, str], Mapping[str, frozenset[str]]], answer: HostProbe
) -> Iterator[tuple[str, str]]:
    owners, wanted = known
    for name, folder in answer.containers.items():
        if folder in wanted.get(answer.host, ()):
            continue
        if folder in owners:
            yield f"{KOLLA}.{owners[folder]}", name
        else:
            # Another release had it: its list knows whose it is. What no list knows isn't ours.
            yield from ((step, name) for step, items in answer.steps.items() if f"{CONTAINER}{name}" in items)
