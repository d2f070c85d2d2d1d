"""Maintenance: who set it, what is refused, what is cleared."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.ceph.configuration import CephConfiguration
from groundplane.ceph.maintenance import clearing_stages, leftovers, plan_clear, plan_set, read_maintenance
from groundplane.errors import InputError

from .cluster_states import healthy, host_down

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.ceph.state import ClusterState

CONFIGURATION = CephConfiguration(mon_hosts=("node1", "node2", "node3"), hosts=("node1", "node2", "node3"))


@pytest.fixture
def site(tmp_path: Path) -> Any:
    return SimpleNamespace(content=SimpleNamespace(playbooks=tmp_path))


def noted(host: str, kind: str, *, flagged: bool = True, state: ClusterState | None = None) -> ClusterState:
    state = state if state is not None else healthy()
    note = {"kind": kind, "by": "anna@desk", "since": "2026-11-21T10:00:00Z", "reason": "new fan", "run": "20261121-x"}
    flags = {**state.host_flags, host: frozenset({"noout"})} if flagged else state.host_flags
    return replace(
        state, host_flags=flags, markers={**state.markers, f"groundplane/maintenance/{host}": json.dumps(note)}
    )


def test_who_set_it_since_when_and_why() -> None:
    [entry] = read_maintenance(noted("node2", "person"))
    assert (entry.host, entry.flags) == ("node2", ("noout",))
    assert entry.sentence() == "by anna@desk since 2026-11-21T10:00:00Z: new fan"


def test_a_flag_without_a_note_is_somebody_elses_and_a_damaged_note_is_shown_all_the_same() -> None:
    [entry] = read_maintenance(healthy(host_flags={"node1": frozenset({"noout"})}))
    assert entry.sentence() == "set by something else than Groundplane"
    [damaged] = read_maintenance(healthy(markers={"groundplane/maintenance/node1": "{"}))
    assert damaged.sentence().startswith("by somebody")


def test_only_what_a_run_set_is_left_over(site: Any) -> None:
    state = noted("node3", "run", state=noted("node2", "person"))
    assert [entry.host for entry in leftovers(state)] == ["node3"]
    [stage] = clearing_stages(site, CONFIGURATION, state)
    assert stage.variables["ceph_maintenance_state"] == "leftovers"
    assert clearing_stages(site, CONFIGURATION, healthy()) == ()


def test_setting_names_the_osds_and_the_way_out(site: Any) -> None:
    plan = plan_set(site, CONFIGURATION, healthy(), "node2", by="me", reason="disk")
    assert plan.lines[0] == "osd.1 stay in while they are away, so no data is moved (noout)"
    assert plan.stages[0].variables["ceph_maintenance_hosts"] == ["node2"]
    assert plan.warnings == ()


def test_setting_twice_is_nothing(site: Any) -> None:
    assert "anna@desk" in plan_set(site, CONFIGURATION, noted("node2", "person"), "node2", by="me").nothing


@pytest.mark.parametrize(
    ("state", "host", "said"),
    [
        (noted("node1", "person"), "node2", "node1 is in maintenance"),
        (host_down("node3"), "node2", "osd.2 elsewhere is down already"),
    ],
)
def test_a_second_host_is_refused(site: Any, state: ClusterState, host: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        plan_set(site, CONFIGURATION, state, host, by="me")
    assert said in refused.value.problems[0].what


def test_an_unknown_host_is_refused_with_the_nearest(site: Any) -> None:
    with pytest.raises(InputError, match="no host node22") as refused:
        plan_set(site, CONFIGURATION, healthy(), "node22", by="me")
    assert "node2" in refused.value.cure


def test_the_quorum_that_would_be_lost_is_warned_of(site: Any) -> None:
    state = healthy()
    mons = tuple(replace(mon, in_quorum=mon.name != "node3") for mon in state.mons)
    warnings = plan_set(site, CONFIGURATION, replace(state, mons=mons), "node2", by="me").warnings
    assert any("no quorum" in warning for warning in warnings)


def test_clearing_all_clears_what_is_there(site: Any) -> None:
    state = noted("node3", "person", state=healthy(host_flags={"node1": frozenset({"noout"})}))
    plan = plan_clear(site, CONFIGURATION, state, (), by="me")
    assert plan.stages[0].variables["ceph_maintenance_hosts"] == ["node1", "node3"]
    assert plan_clear(site, CONFIGURATION, healthy(), ("node1",), by="me").nothing == "node1 is not in it"


def test_clearing_while_an_osd_is_down_says_what_follows(site: Any) -> None:
    plan = plan_clear(site, CONFIGURATION, noted("node3", "person", state=host_down("node3")), ("node3",), by="me")
    assert plan.warnings == ("osd.2 on node3 is down; without noout its data is copied elsewhere after ten minutes.",)
