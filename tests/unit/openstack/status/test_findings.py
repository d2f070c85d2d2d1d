"""What is told of containers, clusters and services that aren't well."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.findings import Severity
from groundplane.openstack.status.findings import OpenStackState, findings
from groundplane.openstack.status.services import CloudService

from .states import clusters, container, gone, host, reporters, state, without

if TYPE_CHECKING:
    from groundplane.openstack.status.hosts import HostState


def whats(found: OpenStackState) -> list[str]:
    return [one.what for one in findings(found)]


def with_containers(name: str, *changed: Any) -> HostState:
    others = {one.name: one for one in host(name).containers} | {one.name: one for one in changed}
    return host(name, containers=tuple(others.values()))


def with_cluster(name: str, cluster: str, **told: Any) -> HostState:
    found = clusters(name)
    return host(name, clusters={**found, cluster: {**found[cluster], **told}})


def test_nothing_is_wrong() -> None:
    assert findings(state()) == ()


def test_a_host_that_is_gone_is_told_once() -> None:
    assert whats(state(gone("node5"))) == ["node5 can't be reached: no answer"]


def test_what_is_missing_names_the_step_that_brings_it() -> None:
    [one] = findings(state(without("node4", "nova_compute")))
    assert (one.severity, one.what) == (Severity.ERROR, "node4 lacks nova_compute")
    assert one.cure == "groundplane apply openstack.nova-cell"


def test_a_host_without_any_is_told_in_one_line() -> None:
    assert whats(state(host("node4", containers=()))) == ["node4 has none of its 2 containers"]


@pytest.mark.parametrize(
    ("how", "what"),
    [
        ({"state": "exited", "exit_code": 137, "health": ""}, "nova_compute on node4 is exited with code 137"),
        ({"health": "unhealthy", "said": "no RPC"}, "nova_compute on node4 is unhealthy"),
        ({"restarts": 5}, "nova_compute on node4 was started anew 5 times by systemd"),
    ],
)
def test_a_container_that_is_not_well(how: dict[str, Any], what: str) -> None:
    [one] = findings(state(with_containers("node4", container("nova_compute", **how))))
    assert one.what == what
    assert "groundplane openstack logs nova_compute --host node4" in one.cure
    assert one.details == (("no RPC",) if "said" in how else ())


def test_what_nobody_asked_for_is_a_note() -> None:
    [one] = findings(state(with_containers("node4", container("heat_api"))))
    assert one.severity is Severity.NOTE
    assert one.what == "node4 has heat_api, which the site doesn't ask for there"


def test_a_virtual_address_on_two_hosts_and_on_none() -> None:
    twice = host("node2", addresses=("172.31.0.12", "172.31.0.240"))
    assert whats(state(twice)) == ["The virtual address 172.31.0.240 (internal) is on node1 and node2 at once"]
    assert whats(state(host("node1", addresses=()))) == ["The virtual address 172.31.0.240 (internal) is on no host"]


def test_a_database_of_which_all_members_were_down_is_started_by_kollas_recovery() -> None:
    # Kolla's mariadb role refuses a mere deployment then; mariadb-recovery.yml sets this variable.
    [lost] = findings(state(with_cluster("node2", "galera", status="non-Primary")))
    assert "service deploy mariadb -e mariadb_recover=true" in (lost.cure or "")


def test_a_database_that_lost_its_quorum_or_a_member() -> None:
    assert whats(state(with_cluster("node2", "galera", status="non-Primary"))) == [
        "MariaDB on node2 is in no quorum (Galera: non-Primary)"
    ]
    assert whats(state(with_cluster("node2", "galera", state="Joined"))) == ["MariaDB on node2 is Joined, not Synced"]
    two = [with_cluster(name, "galera", size=2) for name in ("node1", "node2", "node3")]
    assert whats(state(*two)) == ["MariaDB's cluster has 2 members of 3"]


def test_a_queue_that_is_down_is_told_once_whoever_sees_it() -> None:
    nodes = dict(clusters("node1")["rabbitmq"]["nodes"])
    nodes["rabbit@node3"] = {"running": False, "partitions": [], "alarms": []}
    nodes["rabbit@node2"] = {"running": True, "partitions": ["rabbit@node1"], "alarms": ["disk_free_alarm"]}
    seen = [with_cluster(name, "rabbitmq", nodes=nodes) for name in ("node1", "node2")]
    assert whats(state(*seen)) == [
        "RabbitMQ's rabbit@node3 doesn't run, as node1 sees it",
        "RabbitMQ's rabbit@node2 takes no messages: it is short of room on its disk",
        "RabbitMQ's rabbit@node2 has parted from rabbit@node1",
    ]


def test_an_ovn_database_without_a_leader_or_with_a_member_too_many() -> None:
    assert whats(state(with_cluster("node1", "ovn_nb", role="follower"))) == ["OVN's northbound database has no leader"]
    servers = {**clusters("node1")["ovn_sb"]["servers"], "004": {"address": "tcp:172.31.0.19:6644"}}
    found = findings(state(with_cluster("node1", "ovn_sb", servers=servers)))
    assert [one.what for one in found] == [
        "OVN's southbound database counts 4 members and has 3: one that is gone was never taken out"
    ]


def test_a_member_that_does_not_answer() -> None:
    silent = host("node2", clusters={**clusters("node2"), "rabbitmq": {"error": "no route"}})
    assert whats(state(silent)) == ["RabbitMQ on node2 doesn't answer: no route"]


def test_services_that_are_silent_or_disabled() -> None:
    silent = CloudService("nova", "nova-compute", "node9", up=False, enabled=True, updated="13:05")
    off = replace(reporters()[1], enabled=False, reason="memory is replaced")
    found = findings(state(services=(*reporters(), silent, off)))
    assert [one.what for one in found] == [
        "nova-compute on node9 doesn't report since 13:05",
        "nova-compute on node4 takes no new work: memory is replaced",
    ]
    assert found[0].cure == "groundplane openstack node remove node9 --offline forgets a host that is gone."


def test_an_api_that_does_not_answer() -> None:
    found = findings(state(services=(), api_error="nobody takes connections"))
    assert [one.what for one in found] == ["nobody takes connections"]
