"""Kolla's inventory groups, on the site's hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from groundplane.site.kolla.catalogue import KollaCatalogue
    from groundplane.site.site import Site

BASES = ("control", "network", "compute", "storage", "monitoring")
"""What all of Kolla's groups consist of in the end (its inventory/multinode)."""
MORE: Mapping[str, tuple[str, ...]] = {
    "baremetal": BASES,
    "common": BASES,
    "tls-backend": ("control", "network"),
    "kolla_logs": ("common",),
}
"""Groups of Kolla's inventory that no container is in, and that its roles ask for nevertheless."""


def kolla_groups(site: Site, catalogue: KollaCatalogue) -> dict[str, tuple[str, ...]]:
    """Every group that kolla-ansible knows, to its hosts in the order of the inventory.

    A group that the site's inventory has itself counts as the site wrote it: `mariadb` with hosts of its own takes the
    databases off `control`. A group of Kolla's that nobody is in is there too, empty, as its roles look into it.
    """
    children = {**MORE, **catalogue.groups}
    order = {host: number for number, host in enumerate(site.inventory.hosts)}
    found: dict[str, tuple[str, ...]] = {}

    def members(group: str, behind: tuple[str, ...]) -> tuple[str, ...]:
        if group not in found:
            if group in site.inventory.groups:
                hosts = set(site.inventory.group_hosts.get(group, ()))
            else:
                inner = (child for child in children.get(group, ()) if child not in behind)
                hosts = {host for child in inner for host in members(child, (*behind, group))}
            found[group] = tuple(sorted(hosts, key=lambda host: order[host]))
        return found[group]

    for group in (*BASES, *children):
        members(group, ())
    return found
