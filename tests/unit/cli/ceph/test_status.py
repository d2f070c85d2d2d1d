"""groundplane ceph status, with a cluster that is only remembered."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from groundplane.ceph import validation
from groundplane.ceph.configuration import CephConfiguration
from groundplane.ceph.state import Upgrade
from groundplane.cli import operations
from groundplane.cli.ceph import common
from groundplane.cli.ceph.status import command
from groundplane.errors import Problem

from ...ceph.cluster_states import FSID, healthy, host_down  # noqa: TID252

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from groundplane.ceph.state import ClusterState

NODES = ("node1", "node2", "node3")
ASKED = CephConfiguration(mon_hosts=NODES, mgr_hosts=NODES, osd_hosts=NODES, gateway_hosts=NODES, hosts=NODES)


@pytest.fixture
def status(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    def run(state: ClusterState, *words: str, problems: tuple[Problem, ...] = ()) -> str:
        class Open:
            site = None

        def ask(_desk: object, *, strict: bool) -> tuple[CephConfiguration, ClusterState]:
            assert not strict
            return ASKED, state

        @contextmanager
        def open_desk(_obj: object) -> Iterator[Any]:
            yield Open()

        monkeypatch.setattr(operations, "open_desk", open_desk)
        monkeypatch.setattr(common, "ask", ask)
        monkeypatch.setattr(validation, "layer_problems", lambda _site: problems)
        done = CliRunner().invoke(command, list(words), catch_exceptions=False)
        assert done.exit_code == 0
        return done.output

    return run


def test_a_healthy_cluster(status: Callable[..., str]) -> None:
    lines = status(healthy()).splitlines()
    assert lines[:6] == [
        f"cluster   {FSID}  HEALTH_OK  Ceph 18.2.7",
        "monitors  3 of 3 in quorum: node1, node2, node3",
        "managers  node1.snxtno active; standing by: node2.totoez, node3.uwahzw",
        "OSDs      3 OSDs, 3 up, 3 in; 171 MiB of 90 GiB used",
        "data      49 placement groups: 49 active+clean",
        "gateways  node1, node2, node3 (http, port 7480)",
    ]
    assert "node2  172.31.0.12             crash, mgr, mon, rgw  1" in lines
    assert any(line.startswith("volumes") and "3 copies (at least 2)" in line for line in lines)
    assert not any("→" in line for line in lines)


def test_a_node_that_is_off_with_reasons_and_cures(status: Callable[..., str]) -> None:
    text = status(host_down())
    assert "2 of 3 in quorum: node1, node2; not node3" in text
    assert "2 down" in text
    assert "! 1 osds down OSD_DOWN\n    osd.2 (root=default,host=node3) is down\n  → Bring the host or the disk" in text
    assert "33 active+undersized+degraded" in text


def test_an_upgrade_and_what_goes_on(status: Callable[..., str]) -> None:
    upgrade = Upgrade(in_progress=True, target="x@sha256:new", progress="3/15 daemons upgraded")
    text = status(healthy(upgrade=upgrade, progress=("Rebalancing (50%)",)))
    assert "upgrade   to x@sha256:new: 3/15 daemons upgraded" in text
    assert "going on  Rebalancing (50%)" in text


def test_without_a_manager(status: Callable[..., str]) -> None:
    state = replace(healthy(), mgr_active="", mgr_standbys=(), daemons=(), hosts=(), unanswered={"daemons": "why"})
    text = status(state)
    assert "managers  none is active" in text
    assert "not known: daemons, because why" in text


def test_a_site_with_problems_is_shown_all_the_same(status: Callable[..., str]) -> None:
    text = status(healthy(), problems=(Problem("the pool 'a' is too wide", "Ask for less."),))
    assert "! what the site asks for has 1 problem: the pool 'a' is too wide\n  → groundplane validate" in text


def test_for_programs(status: Callable[..., str]) -> None:
    data = json.loads(status(host_down(), "--json"))
    assert data["health"]["status"] == "HEALTH_WARN"
    assert {finding["code"] for finding in data["findings"]} >= {"OSD_DOWN", "MON_DOWN"}
    assert all(finding["cure"] for finding in data["findings"])
