"""A drain's plan, and the drain."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.errors import FailedError, InputError
from groundplane.openstack.compute.drain import drain, moves_of, plan_drain
from groundplane.openstack.compute.moving import Way
from groundplane.openstack.compute.nova import Room

from .fake_nova import HOSTS, FakeNova, server
from .works import Told, quick_work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundplane.openstack.compute.nova import ComputeHost, Server
    from groundplane.run.operation import Operation

SITE = cast("Any", SimpleNamespace(inventory=SimpleNamespace(hosts=("node4", "node5"), group_hosts={})))


def plan(servers: Sequence[Server], hosts: Sequence[ComputeHost] = HOSTS, **more: Any) -> Operation:
    return plan_drain(SITE, hosts, servers, "node4", by="me", **more)


def test_how_each_leaves() -> None:
    servers = [server("a"), server("b", "PAUSED"), server("c", "SHUTOFF"), server("d", "VERIFY_RESIZE"), server("e")]
    servers += [server("f", "VERIFY_RESIZE"), server("g", "ERROR"), server("h", "SUSPENDED")]
    moves, left = moves_of(servers, {"d"})
    assert [(one.server.id, one.way) for one in moves] == [
        ("a", Way.LIVE),
        ("b", Way.LIVE),
        ("c", Way.COLD),
        ("d", Way.CONFIRM),
        ("e", Way.LIVE),
    ]
    assert [one.id for one in left] == ["f", "g", "h"]


def test_a_plan_says_what_moves_and_how() -> None:
    found = plan([server("web"), server("db", "SHUTOFF")], parallel=2)
    assert found.lines == (
        "New servers don't come to node4 any more",
        "1 running server is live-migrated, 2 at a time (1.0 GiB of memory): web",
        "1 stopped server is migrated and confirmed: db",
    )
    assert [stage.id for stage in found.stages] == ["openstack.compute-drain"]
    assert found.stages[0].hosts == ("node4",)


def test_what_can_not_move_or_has_no_room_is_told() -> None:
    room = Room({"VCPU": 7, "MEMORY_MB": 0}, {"VCPU": 8, "MEMORY_MB": 8192})
    found = plan([server("web"), server("old", "ERROR"), server("x", vcpus=3)], room=room)
    assert found.warnings == (
        "1 server can't be moved as it is: old ERROR. node4 isn't empty before its owner has put that right.",
        "The other hosts have 1 processors free, and these servers need 5.",
    )


def test_nothing_to_do() -> None:
    hosts = (replace(HOSTS[0], enabled=False), HOSTS[1])
    assert plan([], hosts).nothing == "it has no servers, and takes no new ones"
    assert not plan([]).nothing


def test_refused_with_all_reasons() -> None:
    hosts = (replace(HOSTS[0], up=False), replace(HOSTS[1], enabled=False))
    with pytest.raises(InputError, match="node4 can't be drained") as refused:
        plan([server("web")], hosts)
    assert [one.what for one in refused.value.problems] == [
        "nova-compute on node4 doesn't report, so nothing can move off it in order",
        "no other host takes servers",
    ]
    with pytest.raises(InputError, match="Nova has no compute host node6"):
        plan_drain(SITE, HOSTS, [], "node6", by="me")


def run(nova: FakeNova, **more: Any) -> Told:
    told = Told()
    drain(cast("Any", nova), HOSTS[0], quick_work(told, **more), reason="me", parallel=2)
    return told


def test_the_host_is_empty_afterwards() -> None:
    nova = FakeNova([server("web"), server("db", "SHUTOFF")])
    told = run(nova)
    assert nova.asked[0] == "disable node4 (me)"
    assert not nova.servers("node4")
    assert told.ends["node4 is empty"] == ("ok", "")


def test_one_that_was_cut_off_is_confirmed() -> None:
    nova = FakeNova([server("db", "VERIFY_RESIZE", host="node5")])
    nova.unconfirmed = frozenset({"db"})
    run(nova)
    assert nova.there["db"].status == "SHUTOFF"


def test_what_is_left_fails_and_says_why() -> None:
    nova = FakeNova([server("web"), server("old", "ERROR")])
    nova.stuck = {"web": "No valid host was found."}
    with pytest.raises(FailedError, match="2 servers are still on node4: web") as failed:
        run(nova)
    assert failed.value.why == "web is live-migrated: No valid host was found."


def test_looking_only_changes_nothing() -> None:
    nova = FakeNova([server("web")])
    run(nova, check=True)
    assert nova.asked == []
