"""The cluster's side: ids that were left, classes, and waiting."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

osd_map: Any = importlib.import_module("ceph_osd_map")


class Session:
    """Answers from a map; remembers what was asked of it."""

    def __init__(self, *osds: dict[str, Any], flags: tuple[str, ...] = ()) -> None:
        self.osds = [{"uuid": f"u{each['osd']}", "up": 1, "in": 1, "state": ["exists", "up"], **each} for each in osds]
        self.flags = flags
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def call(self, prefix: str, **_: Any) -> Any:
        if prefix == "osd dump":
            return {"osds": self.osds, "flags_set": list(self.flags)}
        assert prefix == "osd tree"
        leaves = [{"id": each["osd"], "type": "osd", "device_class": "hdd"} for each in self.osds]
        return {"nodes": [{"id": -2, "type": "host", "name": "node1", "children": [0]}, *leaves]}

    def text(self, prefix: str, **arguments: Any) -> str:
        self.asked.append((prefix, arguments))
        return ""


def test_osds_are_known_with_their_host_and_class() -> None:
    (found,) = osd_map.known_osds(Session({"osd": 0}))
    assert found == {
        "id": 0,
        "uuid": "u0",
        "up": True,
        "in": True,
        "unborn": False,
        "destroyed": False,
        "host": "node1",
        "device_class": "hdd",
    }


def test_only_ids_that_never_ran_and_have_no_disk_are_left_over() -> None:
    session = Session(
        {"osd": 1, "up": 0, "state": ["exists", "new"]},
        {"osd": 2, "up": 0, "state": ["exists", "new"]},
        {"osd": 3, "up": 0, "state": ["exists"]},
        {"osd": 4, "up": 0, "state": ["exists", "new", "destroyed"]},
    )
    assert osd_map.leftovers(osd_map.known_osds(session), ["u2"]) == [1]


def test_they_are_removed_by_the_command_that_refuses_osds_that_ran() -> None:
    session = Session()
    osd_map.remove_leftovers(session, [1])
    assert session.asked == [("osd purge-new", {"id": 1, "yes_i_really_mean_it": True})]


def test_a_class_is_changed_by_removing_the_old_one_first() -> None:
    session = Session({"osd": 0})
    asked = [{"id": 0, "device_class": "ssd"}, {"id": 1, "device_class": "ssd"}]
    changes = osd_map.class_changes(osd_map.known_osds(session), asked)
    assert changes == [(0, "hdd", "ssd")]
    assert osd_map.set_classes(session, changes) == ["osd.0 has the class ssd (hdd before)"]
    assert [prefix for prefix, _ in session.asked] == ["osd crush rm-device-class", "osd crush set-device-class"]


@pytest.mark.parametrize("wanted", ["", "hdd"])
def test_a_class_that_is_right_or_ceph_s_own_stays(wanted: str) -> None:
    known = osd_map.known_osds(Session({"osd": 0}))
    assert osd_map.class_changes(known, [{"id": 0, "device_class": wanted}]) == []


def test_osds_that_dont_come_up_are_named_with_what_holds_them() -> None:
    session = Session({"osd": 0}, {"osd": 1, "up": 0}, flags=("noup",))
    missing = osd_map.wait_until_up(session, [0, 1], 0)
    assert missing == [1]
    said = osd_map.why_down(session, missing, {1: "node2"}, 300)
    assert "osd.1 on node2" in said
    assert "noup" in said
    assert "journalctl" in said
