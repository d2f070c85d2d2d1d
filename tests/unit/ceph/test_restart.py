"""A rolling restart's plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.ceph.configuration import CephConfiguration
from groundplane.ceph.restart import plan_restart
from groundplane.errors import InputError

from .cluster_states import healthy, host_down, osd_down
from .test_maintenance import noted

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.ceph.state import ClusterState
    from groundplane.run.operation import Operation

CONFIGURATION = CephConfiguration(mon_hosts=("node1", "node2", "node3"), hosts=("node1", "node2", "node3"))
NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)


@pytest.fixture
def site(tmp_path: Path) -> Any:
    return SimpleNamespace(content=SimpleNamespace(playbooks=tmp_path))


def plan(site: Any, state: ClusterState, *names: str, **options: Any) -> Operation:
    return plan_restart(site, CONFIGURATION, state, names, by="me", now=NOW, **options)


def reasons(site: Any, state: ClusterState, *names: str) -> list[str]:
    with pytest.raises(InputError) as refused:
        plan(site, state, *names)
    return [problem.what for problem in refused.value.problems]


def test_everything_by_type_with_the_active_manager_last(site: Any) -> None:
    found = plan(site, healthy())
    assert [stage.id for stage in found.stages] == [
        f"ceph.restart-{name}" for name in ("mon", "mgr", "mgr-active", "crash", "osd", "rgw")
    ]
    active = next(one for one in healthy().daemons if one.type == "mgr" and one.active)
    assert found.stages[2].variables["ceph_restart_daemons"] == {active.host: [active.name]}
    assert [stage.id for stage in found.always] == ["ceph.restart-cleared"]


def test_an_osd_is_gated_by_what_is_there_now(site: Any) -> None:
    found = plan(site, healthy(), "osd.1")
    [stage] = found.stages
    assert stage.hosts == ("node2", "node1")
    assert stage.variables["ceph_speaker"] == "node1"
    assert stage.variables["ceph_restart_daemons"] == {"node2": ["osd.1"]}
    assert stage.variables["ceph_restart_osds"] == [0, 1, 2]
    assert stage.variables["ceph_restart_clean"] is True
    assert found.command == "ceph restart osd.1"
    assert found.again == "groundplane ceph restart osd.1 --started-before 2026-11-21T10:30:00Z"
    assert found.always[0].variables["ceph_maintenance_hosts"] == ["node2"]


@pytest.mark.parametrize(
    ("name", "count"), [("osd", 3), ("node2", 5), ("rgw.main", 3), ("mon.node1", 1), ("node2.example.org", 5)]
)
def test_types_hosts_services_and_daemons_can_be_named(site: Any, name: str, count: int) -> None:
    found = plan(site, healthy(), name)
    chosen = [
        one for stage in found.stages for daemons in stage.variables["ceph_restart_daemons"].values() for one in daemons
    ]
    assert len(chosen) == count


def test_going_on_leaves_alone_what_was_restarted(site: Any) -> None:
    found = plan(site, healthy(), "osd", started_before=NOW)
    assert found.stages[0].variables["ceph_restart_started_before"] == int(NOW.timestamp())


def test_unknown_names_are_refused_with_the_nearest(site: Any) -> None:
    assert reasons(site, healthy(), "osb", "osd.1") == ["osb is no daemon, type, service or host"]


@pytest.mark.parametrize(
    ("state", "names", "said"),
    [
        (osd_down(), ("osd.0",), "osd.1 is down"),
        (osd_down(), ("osd.0",), "not all placement groups are active and clean (33 active+undersized+degraded)"),
        (host_down(), ("mon.node1",), "node3 of the monitors isn't in the quorum"),
        (healthy(flags=frozenset({"pauserd"})), ("osd",), "the flag pauserd is set for the whole cluster"),
        (noted("node2", "person"), ("osd",), "noout is set for node2"),
        (healthy(mgr_standbys=()), ("mgr",), "no manager stands by"),
    ],
)
def test_a_running_daemon_is_not_taken_from_a_cluster_that_is_not_whole(
    site: Any, state: ClusterState, names: tuple[str, ...], said: str
) -> None:
    assert said in reasons(site, state, *names)


def test_a_daemon_that_does_not_run_can_be_restarted_in_any_state(site: Any) -> None:
    [stage] = plan(site, osd_down(), "osd.1").stages
    assert stage.variables["ceph_restart_running"] == []
    assert stage.variables["ceph_restart_clean"] is False
    assert stage.variables["ceph_restart_osds"] == [0, 2]


def test_a_host_that_the_orchestrator_takes_for_offline_is_warned_of(site: Any) -> None:
    assert "The orchestrator takes node3 for offline." in plan(site, host_down(), "osd.2").warnings


def test_gateways_can_be_restarted_while_data_is_repaired(site: Any) -> None:
    assert plan(site, osd_down(), "rgw").stages


def test_what_a_dead_run_left_is_cleared_first(site: Any) -> None:
    assert [stage.id for stage in plan(site, noted("node2", "run"), "osd").stages] == [
        "ceph.maintenance-leftovers",
        "ceph.restart-osd",
    ]


def test_the_only_one_of_its_kind_is_warned_of(site: Any) -> None:
    state = healthy()
    state = replace(state, daemons=tuple(one for one in state.daemons if one.type != "rgw" or one.host == "node1"))
    assert any(warning.startswith("S3 and Swift can't be reached") for warning in plan(site, state, "rgw").warnings)
