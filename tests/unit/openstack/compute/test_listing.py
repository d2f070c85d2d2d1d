"""Hosts with their servers and room."""

from __future__ import annotations

from dataclasses import replace

from groundplane.openstack.compute.listing import listing, room_beside
from groundplane.openstack.compute.nova import Room

from .fake_nova import HOSTS, server

ROOM = {
    "node4.cloud.test": Room({"VCPU": 2}, {"VCPU": 8}),
    "node5": Room({"VCPU": 1, "MEMORY_MB": 512}, {"VCPU": 4, "MEMORY_MB": 4096}),
}


def test_servers_by_status() -> None:
    found = listing(HOSTS, [server("a"), server("b"), server("c", "SHUTOFF"), server("d", host="")], ROOM)
    assert [dict(one.servers) for one in found] == [{"ACTIVE": 2, "SHUTOFF": 1}, {}]
    assert found[0].room.total == {"VCPU": 8}
    assert found[1].as_data()["used"] == {"VCPU": 1, "MEMORY_MB": 512}


def test_room_beside_counts_hosts_that_take_servers() -> None:
    assert room_beside(HOSTS, ROOM, "node4").total == {"VCPU": 4, "MEMORY_MB": 4096}
    assert room_beside((HOSTS[0], replace(HOSTS[1], enabled=False)), ROOM, "node4") == Room()
