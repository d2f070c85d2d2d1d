from __future__ import annotations

import importlib
from typing import Any

import pytest

from tests.unit.roles.ceph.fake_cluster import CephError, FakeCluster

places: Any = importlib.import_module("ceph_places")

ALL = ["_admin", "mon", "mgr", "osd"]


def host(name: str = "node1", labels: list[str] | None = None, **location: str) -> Any:
    return places.Host(name, f"10.0.0.{name[-1]}", ALL if labels is None else labels, location)


def cluster_of(*hosts: Any) -> FakeCluster:
    cluster = FakeCluster()
    places.apply_hosts(cluster, hosts, check=False)
    cluster.log.clear()
    return cluster


def tree(*chain: tuple[str, str]) -> list[dict[str, Any]]:
    """Nodes of `osd tree`, each below the one before."""
    return [
        {"id": -index, "type": kind, "name": name, "children": [-index - 1] if index < len(chain) else [0]}
        for index, (kind, name) in enumerate(chain, 1)
    ]


def test_hosts_are_added_all_at_once() -> None:
    cluster = FakeCluster()
    changes = places.apply_hosts(cluster, [host("node1"), host("node2")], check=False)
    assert changes[0] == "host node1 added at 10.0.0.1, as _admin, mon, mgr, osd"
    assert len(cluster.changes("orch apply")) == 1
    assert places.apply_hosts(cluster, [host("node1"), host("node2")], check=False) == []


def test_labels_follow_the_inventory_and_those_of_others_stay() -> None:
    cluster = cluster_of(host(), host("node2"))
    cluster.hosts["node2"]["labels"] += ["_no_schedule", "gold"]
    changes = places.apply_hosts(cluster, [host(), host("node2", ["osd", "rgw"])], check=False)
    assert changes == [
        "host node2: label rgw",
        "host node2: label _admin taken off",
        "host node2: label mon taken off",
        "host node2: label mgr taken off",
    ]
    assert cluster.hosts["node2"]["labels"] == ["osd", "_no_schedule", "gold", "rgw"]


def test_an_address_that_changed_is_told_to_the_orchestrator() -> None:
    cluster = cluster_of(host())
    cluster.hosts["node1"]["addr"] = "10.9.9.9"
    assert places.apply_hosts(cluster, [host()], check=False) == ["host node1: address 10.9.9.9 → 10.0.0.1"]


def test_the_last_monitor_is_not_taken_away_by_labels() -> None:
    cluster = cluster_of(host())
    with pytest.raises(CephError, match="No host would have a monitor any more"):
        places.apply_hosts(cluster, [host(labels=["osd"])], check=False)
    assert cluster.log == []


def test_hosts_that_do_not_take_part_still_count() -> None:
    cluster = cluster_of(host(), host("node2"))
    assert places.apply_hosts(cluster, [host("node2", ["osd"])], check=False)


def test_a_host_that_cannot_be_added_is_named_with_what_to_do() -> None:
    cluster = FakeCluster()
    cluster.refused["orch apply"] = CephError("ceph orch apply: Failed to connect to node1", -22)
    with pytest.raises(CephError, match=r"can't add node1.*groundplane apply ceph.hosts --force"):
        places.apply_hosts(cluster, [host()], check=False)


def test_check_mode_changes_no_host() -> None:
    cluster = cluster_of(host())
    assert places.apply_hosts(cluster, [host(labels=[*ALL, "rgw"]), host("node2")], check=True)
    assert cluster.log == []


def test_the_way_in_is_changed_once() -> None:
    cluster = FakeCluster()
    assert places.apply_way_in(cluster, "cephadm", 2222, check=False) == [
        "the orchestrator comes in as cephadm",
        "the orchestrator comes in by port 2222",
    ]
    assert places.apply_way_in(cluster, "cephadm", 2222, check=False) == []


def test_the_administrators_key_is_kept_by_label() -> None:
    cluster = FakeCluster()
    assert places.apply_key(cluster, check=True)
    assert cluster.keyrings == []
    assert places.apply_key(cluster, check=False)
    assert cluster.keyrings == [{"entity": "client.admin", "placement": "label:_admin"}]
    assert places.apply_key(cluster, check=False) == []


def test_a_new_host_is_placed_before_it_has_osds() -> None:
    cluster = FakeCluster()
    changes = places.apply_places(cluster, [host(zone="a", rack="a1")], check=False)
    assert changes == ["host node1 placed in zone=a, rack=a1"]
    assert cluster.changes("osd crush add-bucket") == [
        {"name": "node1", "type": "host", "args": ["root=default", "zone=a", "rack=a1"]}
    ]


def test_a_host_that_stands_elsewhere_moves_and_leaves_no_empty_rack() -> None:
    cluster = FakeCluster()
    cluster.tree = tree(("root", "default"), ("rack", "a1"), ("host", "node1"))
    changes = places.apply_places(cluster, [host(rack="b1")], check=False)
    assert changes == ["host node1 moved from rack=a1 to rack=b1; its data follows"]
    assert cluster.changes("osd crush move") == [{"name": "node1", "args": ["root=default", "rack=b1"]}]
    assert cluster.changes("osd crush rm") == [{"name": "a1"}]


def test_a_host_that_stands_right_is_left_alone() -> None:
    cluster = FakeCluster()
    cluster.tree = tree(("root", "default"), ("rack", "a1"), ("host", "node1"))
    assert places.apply_places(cluster, [host(rack="a1")], check=False) == []


def test_only_what_the_toolkit_placed_goes_back_to_the_root() -> None:
    cluster = FakeCluster()
    cluster.tree = tree(("root", "solid"), ("host", "node1"))
    assert places.apply_places(cluster, [host()], check=False) == []
    cluster.tree = tree(("root", "default"), ("rack", "a1"), ("host", "node1"))
    places.apply_places(cluster, [host(rack="a1")], check=False)
    assert places.apply_places(cluster, [host()], check=False) == [
        "host node1 moved from rack=a1 to the root; its data follows"
    ]


def test_check_mode_moves_nothing() -> None:
    cluster = FakeCluster()
    cluster.tree = tree(("root", "default"), ("host", "node1"))
    assert places.apply_places(cluster, [host(rack="a1")], check=True)
    assert cluster.log == []


@pytest.mark.parametrize(
    ("hosts", "said"),
    [
        ([host(zone="a", rack="1"), host("node2", zone="b", rack="1")], "1 means different places"),
        ([host(zone="a", rack="a")], "a means different places"),
        ([host(rack="node1")], "as a host or the root"),
    ],
)
def test_names_that_would_mean_two_places_are_refused(hosts: list[Any], said: str) -> None:
    with pytest.raises(CephError, match=said):
        places.apply_places(FakeCluster(), hosts, check=False)


def test_a_name_of_another_kind_of_place_is_refused() -> None:
    cluster = FakeCluster()
    cluster.tree = tree(("root", "default"), ("row", "a1"), ("host", "node2"))
    with pytest.raises(CephError, match="has a row of that name"):
        places.apply_places(cluster, [host(rack="a1")], check=False)


def test_parts_without_a_name_are_left_out() -> None:
    assert host(zone="", rack="a1").location == {"rack": "a1"}
