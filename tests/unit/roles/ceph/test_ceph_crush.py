"""The CRUSH map, as a small cluster's answers have it."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from tests.unit.roles.ceph.small_cluster import crush_dump, osds

crush: Any = importlib.import_module("ceph_crush")

HOSTS = {"node1": {0: "ssd", 1: "hdd"}, "node2": {2: "ssd"}, "node3": {3: "hdd"}}


def crush_map(**more: Any) -> Any:
    return crush.CrushMap(crush_dump(HOSTS, **more), osds(range(4)))


def test_failure_domains_are_counted_by_class() -> None:
    found = crush_map()
    assert found.domains("host") == 3
    assert found.domains("host", "ssd") == 2
    assert found.domains("osd") == 4
    assert found.domains("osd", "hdd") == 2
    assert found.domains("rack") == 0
    assert found.classes() == {"ssd": 2, "hdd": 2}


def test_osds_that_are_out_or_have_no_weight_do_not_count() -> None:
    states = osds(range(4))
    states[2]["in"] = 0
    found = crush.CrushMap(crush_dump(HOSTS), states)
    assert found.domains("host") == 2
    assert found.domains("host", "ssd") == 1


def test_hosts_outside_of_racks_do_not_count_as_racks() -> None:
    found = crush_map(racks={"rack1": ["node1"], "rack2": ["node2"]})
    assert found.domains("rack") == 2
    assert found.domains("host") == 3


def test_an_empty_cluster_has_nothing() -> None:
    found = crush.CrushMap(crush_dump({}), [])
    assert found.classes() == {}
    assert found.domains("host") == 0


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ((crush.REPLICATED, "host", ""), "replicated_rule"),
        ((crush.REPLICATED, "osd", ""), "by-osd"),
        ((crush.REPLICATED, "host", "ssd"), "fast"),
        ((crush.ERASURE, "host", ""), "parts"),
        ((crush.REPLICATED, "rack", ""), None),
    ],
)
def test_rules_are_known_by_what_they_do(rule: tuple[Any, ...], name: str | None) -> None:
    assert crush_map().rule_that_does(crush.Rule(*rule)) == name


def test_rules_that_do_more_are_not_taken_for_simple_ones() -> None:
    steps = [
        {"op": "take", "item": -1, "item_name": "default"},
        {"op": "choose_firstn", "num": 2, "type": "rack"},
        {"op": "chooseleaf_firstn", "num": 2, "type": "host"},
        {"op": "emit"},
    ]
    found = crush_map(rules=[{"rule_id": 9, "rule_name": "stretched", "type": 1, "steps": steps}])
    assert found.rules["stretched"] is None
