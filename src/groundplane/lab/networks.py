"""Which networks are free on this machine."""

from __future__ import annotations

import json
from ipaddress import IPv4Network, ip_network
from typing import TYPE_CHECKING, Any

from groundplane.errors import InputError
from groundplane.machine.host_commands import find_program, run_command

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from groundplane.machine.podman import Podman


def choose_subnets(
    pools: Sequence[IPv4Network], taken: Iterable[IPv4Network], count: int, *, prefix: int = 24
) -> list[IPv4Network]:
    """The lowest `count` free networks of one pool; a lab's networks lie in one pool.

    Raises:
        InputError: no pool has that many left.
    """
    occupied = list(taken)
    for pool in pools:
        free: list[IPv4Network] = []
        for subnet in pool.subnets(new_prefix=prefix):
            if not any(subnet.overlaps(other) for other in occupied):
                free.append(subnet)
                if len(free) == count:
                    return free
    raise InputError(
        f"There are no {count} free networks for a lab on this machine",
        why="routes and container networks cover " + ", ".join(map(str, pools)),
        cure="Take an older lab down (groundplane lab list), or add a pool to inventories/lab/lab.yml.",
    )


def route_networks(routes: Iterable[dict[str, Any]]) -> list[IPv4Network]:
    """Destinations in the output of `ip -json route`; the default route covers nothing."""
    found = []
    for route in routes:
        destination = str(route.get("dst", "default"))
        if destination != "default" and ":" not in destination:
            found.append(IPv4Network(destination, strict=False))
    return found


def podman_networks(networks: Iterable[dict[str, Any]]) -> list[IPv4Network]:
    """Subnets in the output of `podman network ls --format json`: also those that have no route while unused."""
    found = []
    for network in networks:
        for subnet in network.get("subnets") or []:
            parsed = ip_network(subnet["subnet"], strict=False)
            if isinstance(parsed, IPv4Network):
                found.append(parsed)
    return found


def taken_networks(podman: Podman) -> list[IPv4Network]:
    """Everything that this machine routes somewhere or gave to containers."""
    ip = find_program("ip") or "ip"
    text = run_command([ip, "-4", "-json", "route", "show", "table", "all"], doing="Reading this machine's routes")
    return [
        *route_networks(json.loads(text or "[]")),
        *podman_networks(podman.json("network", "ls", "--format", "json")),
    ]
