from __future__ import annotations

import importlib
from typing import Any

import pytest

from tests.unit.roles.ceph.fake_cluster import CephError, FakeCluster

services: Any = importlib.import_module("ceph_services")

MON = {"service_type": "mon", "placement": {"label": "mon"}}
RGW = {"service_type": "rgw", "service_id": "main", "placement": {"label": "rgw"}, "spec": {"rgw_frontend_port": 80}}


@pytest.mark.parametrize(
    ("present", "differs"),
    [
        (None, True),
        ({**RGW, "service_name": "rgw.main"}, False),
        ({**RGW, "spec": {"rgw_frontend_port": 80, "rgw_frontend_type": "beast"}}, False),
        ({**RGW, "spec": {"rgw_frontend_port": 81}}, True),
        ({**RGW, "placement": {"label": "rgw", "count_per_host": 2}}, True),
        ({**RGW, "unmanaged": True}, True),
    ],
)
def test_what_is_asked_for_is_compared_and_defaults_are_not(present: dict[str, Any] | None, differs: bool) -> None:
    assert services.differs(RGW, present) is differs


def test_only_specifications_that_differ_are_applied() -> None:
    cluster = FakeCluster()
    cluster.services["mon"] = MON
    assert services.apply_services(cluster, [MON, RGW], check=True) == ["service rgw.main asked for"]
    assert cluster.log == []
    assert services.apply_services(cluster, [MON, RGW], check=False) == ["service rgw.main asked for"]
    assert services.apply_services(cluster, [MON, RGW], check=False) == []


def test_a_new_clusters_daemons_are_placed_side_by_side_where_they_are_missing() -> None:
    cluster = FakeCluster()
    cluster.hosts = {name: {"hostname": name, "ram": "64 GiB"} for name in ("node1", "node2", "node3")}
    # Known by its daemon alone, which bootstrap left.
    cluster.services["mon"] = {"service_type": "mon", "unmanaged": True, "placement": {}}
    placed = services.place_at_once(cluster, [MON], {"mon": ["node1", "node2", "node3"]})
    assert placed == ["mon placed on node2, node3"]
    assert cluster.services["mon"]["unmanaged"] is True
    assert services.apply_services(cluster, [MON], check=False) == ["service mon changed"]
    assert services.place_at_once(cluster, [MON], {"mon": ["node1", "node2", "node3"]}) == []


def test_services_that_were_not_named_are_left_to_the_orchestrator() -> None:
    cluster = FakeCluster()
    assert services.place_at_once(cluster, [RGW], {"mon": ["node1"]}) == []
    assert cluster.log == []


def test_a_host_that_the_orchestrator_cannot_look_at_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "SEEN_SECONDS", -1)
    cluster = FakeCluster()
    cluster.hosts = {"node1": {"hostname": "node1", "ram": "N/A"}}
    with pytest.raises(CephError, match="can't find out what node1 is made of"):
        services.place_at_once(cluster, [MON], {"mon": ["node1"]})
