"""What is made of a cloud's state: problems at their hosts, some services alone, and what may still be on its way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from groundplane.kolla.containers import KollaContainer
from groundplane.openstack.checks.check import fresh, only, problems, restless
from groundplane.openstack.status.findings import OpenStackState
from groundplane.openstack.status.hosts import Container, HostState
from groundplane.openstack.status.services import CloudService

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WANTED = (
    KollaContainer("keystone", "keystone", ("node1",)),
    KollaContainer("mariadb", "mariadb", ("node1",)),
    KollaContainer("nova_compute", "nova-cell", ("node2",)),
)


def container(name: str, **more: Any) -> Container:
    fields = {
        "image": f"{name}:1",
        "state": "running",
        "health": "healthy",
        "since": "2026-03-01T08:00:00.123456789Z",
        "exit_code": 0,
        "restarts": 0,
        "said": "",
    }
    return Container(name=name, **{**fields, **more})


def host(name: str, *containers: Container, **clusters: Any) -> HostState:
    return HostState(name, reachable=True, containers=containers, addresses=("172.31.0.5",), clusters=clusters)


def service(binary: str, at: str, *, up: bool = True) -> CloudService:
    return CloudService(service="nova", binary=binary, host=at, up=up, enabled=True)


GALERA = {"status": "Primary", "state": "Synced", "size": 1}
GOOD = OpenStackState(
    hosts={
        "node1": host("node1", container("keystone"), container("mariadb"), galera=GALERA),
        "node2": replace(host("node2", container("nova_compute")), addresses=()),
    },
    wanted=WANTED,
    vips={"internal": "172.31.0.5"},
    services=(service("nova-compute", "node2"),),
)


def changed(name: str, *containers: Container, **clusters: Any) -> OpenStackState:
    return replace(GOOD, hosts={**GOOD.hosts, name: host(name, *containers, **clusters)})


def test_a_cloud_that_is_well_has_no_problems() -> None:
    assert problems(GOOD) == []


def test_containers_are_told_at_their_host_and_clusters_at_none() -> None:
    ill = container("keystone", health="unhealthy")
    state = changed("node1", ill, container("mariadb"), galera={**GALERA, "status": "non-Primary"})
    told = problems(state)
    assert [at for at, _ in told] == ["node1", None]
    assert told[0][1].startswith("keystone on node1 is unhealthy. groundplane openstack logs keystone")
    assert "in no quorum" in told[1][1]


def test_missing_containers_and_agents_that_never_reported() -> None:
    state = replace(changed("node2", container("cron")), services=())
    told = problems(state)
    assert ("node2", "node2 lacks nova_compute. groundplane apply openstack.nova-cell") in told
    assert ("node2", "nova-compute on node2 has never reported to the cloud: nova_compute should have") in told


def test_a_silent_agent_and_a_silent_api_are_nobodys_own() -> None:
    silent = replace(GOOD, services=(service("nova-compute", "node2", up=False),))
    assert [at for at, _ in problems(silent)] == [None]
    dumb = replace(GOOD, services=(), api_error="no answer")
    assert [at for at, _ in problems(dumb)] == [None]


def test_some_services_alone() -> None:
    state = only(changed("node1", container("mariadb", state="exited")), ("mariadb",))
    assert [one.name for one in state.wanted] == ["mariadb"]
    assert [at for at, _ in problems(state)] == ["node1"]
    assert (
        problems(only(changed("node1", container("mariadb", state="exited"), container("keystone")), ("keystone",)))
        == []
    )


def test_what_was_started_a_moment_ago_may_still_be_on_its_way() -> None:
    assert not fresh(GOOD, NOW)
    young = (NOW - timedelta(seconds=30)).isoformat()
    assert fresh(changed("node2", container("nova_compute", since=young)), NOW)
    assert fresh(changed("node2", container("nova_compute", health="starting")), NOW)
    assert not fresh(changed("node2", container("nova_compute", state="exited", since=young)), NOW)
    assert not fresh(changed("node2", container("nova_compute", since="long ago")), NOW)


def test_a_container_that_starts_again_and_again_is_told_though_it_runs_at_the_moment() -> None:
    starts: dict[tuple[str, str], set[str]] = {}
    looks = [changed("node2", container("nova_compute", since=f"2026-03-01T11:59:{at}Z")) for at in (10, 10, 22, 34)]
    told = [restless(look, starts) for look in looks]
    assert told[:3] == [[], [], []]
    assert [at for at, _ in told[3]] == ["node2"]
    assert "nova_compute on node2 doesn't stay up" in told[3][0][1]
    assert restless(GOOD, {}) == []
