"""Compute hosts with what they carry and what room they have."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from groundplane.openstack.compute.nova import Room

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from groundplane.openstack.compute.nova import ComputeHost, Nova, Server


@dataclass(frozen=True, slots=True)
class ListedHost:
    """A host; `servers` is status to how many of them it has."""

    host: ComputeHost
    servers: Mapping[str, int]
    room: Room

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        return {
            **asdict(self.host),
            "servers": dict(self.servers),
            "used": dict(self.room.used),
            "total": dict(self.room.total),
        }


def listed(nova: Nova) -> tuple[ListedHost, ...]:
    """All of them, by name.

    Raises:
        FailedError: Nova or Placement can't be asked.
    """
    return listing(nova.hosts(), nova.servers(), nova.room())


def listing(
    hosts: Sequence[ComputeHost], servers: Iterable[Server], room: Mapping[str, Room]
) -> tuple[ListedHost, ...]:
    counts: dict[str, dict[str, int]] = {}
    for server in servers:
        of_host = counts.setdefault(server.host, {})
        of_host[server.status] = of_host.get(server.status, 0) + 1
    return tuple(ListedHost(one, counts.get(one.name, {}), room_of(room, one.name)) for one in hosts)


def room_of(room: Mapping[str, Room], host: str) -> Room:
    """Placement knows a host by its hypervisor's name, which may be the full one."""
    found = room.get(host)
    if found is not None:
        return found
    return next((one for name, one in room.items() if name.partition(".")[0] == host.partition(".")[0]), Room())


def room_beside(hosts: Sequence[ComputeHost], room: Mapping[str, Room], host: str) -> Room:
    """What all hosts but one have together, as far as they take new servers."""
    used: dict[str, int] = {}
    total: dict[str, int] = {}
    for one in hosts:
        if one.name == host or not one.enabled or not one.up:
            continue
        its = room_of(room, one.name)
        for name, number in its.total.items():
            total[name] = total.get(name, 0) + number
            used[name] = used.get(name, 0) + its.used.get(name, 0)
    return Room(used, total)
