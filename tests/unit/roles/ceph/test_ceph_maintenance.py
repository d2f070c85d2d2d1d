"""Maintenance on the cluster's side: the note before the flag, and only its own cleared."""

from __future__ import annotations

import importlib
import json
from typing import Any

maintaining: Any = importlib.import_module("ceph_maintaining")

FOLDER = "groundplane/maintenance/"
NOTE = {"by": "anna", "run": "r1", "kind": "run", "since": "now"}


class Cluster:
    def __init__(self) -> None:
        self.store: dict[str, str] = {}
        self.flags: dict[str, list[str]] = {}
        self.told: list[str] = []

    def call(self, prefix: str, **_: Any) -> Any:
        if prefix == "config-key dump":
            return dict(self.store)
        if prefix == "osd dump":
            return {"crush_node_flags": dict(self.flags)}
        return {"nodes": [{"name": name, "type": "host"} for name in ("node1", "node2")]}

    def text(self, prefix: str, **given: Any) -> str:
        self.told.append(prefix)
        match prefix:
            case "config-key set":
                self.store[given["key"]] = given["val"]
            case "config-key rm":
                self.store.pop(given["key"])
            case "osd set-group":
                self.flags[given["who"][0]] = [given["flags"]]
            case "osd unset-group":
                self.flags.pop(given["who"][0])
        return ""


def test_the_note_comes_before_the_flag_and_goes_after_it() -> None:
    cluster = Cluster()
    work = maintaining.Maintenance(cluster)
    work.set(["node1"], NOTE)
    work.clear(["node1"], run="r1")
    assert cluster.told == ["config-key set", "osd set-group", "osd unset-group", "config-key rm"]
    assert len(work.changes) == 2


def test_setting_twice_changes_nothing_and_the_first_note_stays() -> None:
    cluster = Cluster()
    maintaining.Maintenance(cluster).set(["node1"], NOTE)
    again = maintaining.Maintenance(cluster)
    again.set(["node1"], {**NOTE, "by": "ben"})
    assert again.changes == []
    assert json.loads(cluster.store[FOLDER + "node1"])["by"] == "anna"


def test_somebody_elses_flag_is_neither_noted_nor_cleared_by_a_run() -> None:
    cluster = Cluster()
    cluster.flags = {"node1": ["noout"]}
    work = maintaining.Maintenance(cluster)
    work.set(["node1"], NOTE)
    work.clear(["node1"], run="r1")
    assert cluster.told == []
    work.clear(["node1"])
    assert cluster.flags == {}


def test_a_killed_set_is_completed_and_leftovers_are_of_other_runs_alone() -> None:
    cluster = Cluster()
    cluster.store = {
        FOLDER + "node1": json.dumps(NOTE),
        FOLDER + "node2": json.dumps({**NOTE, "kind": "person"}),
        FOLDER + "gone": "{",
    }
    work = maintaining.Maintenance(cluster)
    assert work.leftovers("r2") == ["node1"]
    assert work.leftovers("r1") == []
    work.set(["node1"], NOTE)
    assert cluster.flags == {"node1": ["noout"]}


def test_a_host_without_osds_only_gets_the_note() -> None:
    cluster = Cluster()
    maintaining.Maintenance(cluster).set(["node9"], NOTE)
    assert cluster.told == ["config-key set"]


def test_check_mode_says_and_does_nothing() -> None:
    cluster = Cluster()
    work = maintaining.Maintenance(cluster, check=True)
    work.set(["node1"], NOTE)
    assert work.changes
    assert cluster.told == []
