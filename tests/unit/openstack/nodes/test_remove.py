"""The plan to take a node out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from groundplane.errors import InputError
from groundplane.kolla.containers import KollaContainer
from groundplane.openstack.compute.nova import ComputeHost
from groundplane.openstack.nodes.remove import plan_remove

from ..compute.fake_nova import server  # noqa: TID252
from ..status.states import ADDRESSES, CONTROL, WANTED, gone, host, reporters, state, without  # noqa: TID252

GONE = gone("node3")
COMPUTES = tuple(ComputeHost(name, f"id-{name}", up=True, enabled=True) for name in ("node4", "node5"))


def site(*hosts: str) -> Any:
    there = hosts or tuple(ADDRESSES)
    return SimpleNamespace(
        content=SimpleNamespace(playbooks=Path("playbooks")),
        file=SimpleNamespace(domain="cloud.test", management_network="management"),
        inventory=SimpleNamespace(hosts=dict.fromkeys(there), group_hosts={"control": CONTROL}),
        networks=SimpleNamespace(address=lambda name, _network: ADDRESSES[name]),
        variables=SimpleNamespace(value=lambda *_asked: None),
    )


def plan(name: str, known: Any = None, servers: Any = (), where: Any = None, **more: Any) -> Any:
    return plan_remove(where or site(), known or state(), COMPUTES, servers, name, by="me", **more)


def reasons(name: str, known: Any = None, servers: Any = (), **more: Any) -> list[str]:
    with pytest.raises(InputError) as refused:
        plan(name, known, servers, **more)
    return [one.what for one in refused.value.problems]


def test_a_compute_host_leaves_no_cluster() -> None:
    found = plan("node4")
    assert [stage.id for stage in found.stages] == [
        "openstack.node-retire",
        "openstack.node-clean",
        "openstack.node-forget-node1",
        "openstack.node-records",
    ]
    assert found.stages[1].hosts == ("node4",)
    assert found.stages[2].variables == {
        "openstack_forgotten_node": "node4",
        "openstack_forgotten_names": ["node4", "node4.cloud.test"],
        "openstack_forgotten_address": "172.31.0.14",
        "openstack_forgotten_parts": ["chassis", "cinder"],
    }
    assert found.warnings[0].startswith("node4 is still in the inventory: when this is done")


def test_a_controller_leaves_databases_while_it_runs_and_queues_once_it_has_stopped() -> None:
    found = plan("node1")
    assert [(stage.id, stage.variables.get("openstack_forgotten_parts")) for stage in found.stages] == [
        ("openstack.node-leave-node2", ["queues", "ovn_nb_db", "ovn_sb_db"]),
        ("openstack.node-clean", None),
        ("openstack.node-forget-node2", ["rabbitmq", "chassis", "cinder"]),
        ("openstack.node-records", None),
    ]
    assert found.lines[0] == (
        "node1 leaves RabbitMQ's queues, OVN's northbound database, OVN's southbound database (by node2)"
    )
    assert "2 nodes with MariaDB, RabbitMQ and OVN's databases remain, of which 0 may fail." in found.warnings


def test_one_that_is_gone_is_only_forgotten() -> None:
    found = plan("node3", state(gone("node3")), offline=True)
    assert [stage.id for stage in found.stages] == [
        "openstack.node-leave-node1",
        "openstack.node-forget-node1",
        "openstack.node-records",
    ]


def test_one_that_the_inventory_has_no_more_is_known_by_the_api() -> None:
    known = state(services=(*reporters(), replace(reporters()[1], host="node9", up=False)))
    found = plan("node9", known, offline=True)
    assert [stage.variables.get("openstack_forgotten_parts") for stage in found.stages] == [
        ["queues", "ovn_nb_db", "ovn_sb_db"],
        ["rabbitmq", "chassis", "cinder"],
        None,
    ]
    with pytest.raises(InputError, match="Nobody knows a node node8"):
        plan("node8")


def test_nothing_is_left() -> None:
    known = state(host("node4", containers=()), services=())
    assert plan("node4", known).nothing == "no container of OpenStack is there, and nothing knows of it"


def test_a_cluster_that_still_counts_it_is_asked_again() -> None:
    known = state(GONE, services=())
    assert plan("node3", known, offline=True).stages
    forgotten = {
        name: host(name, clusters={"rabbitmq": {"nodes": {}}, "ovn_nb": {"role": "leader", "servers": {}}})
        for name in ("node1", "node2")
    }
    known = state(GONE, *forgotten.values(), services=())
    assert plan("node3", known, offline=True).nothing


def test_servers_on_it() -> None:
    assert reasons("node4", servers=[server("web")]) == ["1 server is on it"]


def test_one_that_answers_or_does_not() -> None:
    assert reasons("node4", offline=True) == ["node4 answers"]
    assert reasons("node4", state(gone("node4"))) == ["node4 can't be reached: no answer"]


def test_the_only_one_of_its_kind() -> None:
    only = KollaContainer("horizon", "horizon", ("node2",))
    assert reasons("node2", state(wanted=(*WANTED, only))) == ["no other node runs horizon"]


def test_what_stays_has_to_be_well() -> None:
    assert reasons("node1", state(without("node2", "rabbitmq"))) == [
        "RabbitMQ doesn't run on node2, so no other member may go"
    ]


def test_without_the_api_nothing_is_removed() -> None:
    assert reasons("node4", state(services=(), api_error="down")) == ["the cloud's API doesn't answer"]
