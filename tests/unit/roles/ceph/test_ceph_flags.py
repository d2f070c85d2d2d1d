"""Flags that were left set, and who set them, by lines of a real audit log."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pytest

flags: Any = importlib.import_module("ceph_flags")

HOSTS = {"172.31.9.11": "node1"}


def line(
    command: dict[str, Any], *, address: str = "172.31.9.11:0/853657830", stamp: str = "2026-11-21T10:09:24"
) -> dict[str, str]:
    sender = f"from='client.? {address}' entity='client.admin'"
    return {"stamp": f"{stamp}.483158+0000", "message": f"{sender} cmd=[{json.dumps(command)}]: dispatch"}


LOG = [
    line({"prefix": "osd set", "format": "json", "key": "noout"}),
    # A monitor that passed it on, and the same once it was done.
    line({"prefix": "osd set", "format": "json", "key": "noout"}, address=""),
    {
        "stamp": "2026-11-21T10:09:25",
        "message": "from='client.? ' entity='client.admin' cmd='[{\"prefix\": \"osd set\"}]': finished",
    },
    line({"prefix": "osd set-group", "flags": "noout", "who": ["node2"]}, stamp="2026-11-21T10:10:00"),
    line({"prefix": "osd add-noin", "ids": ["3"]}, stamp="2026-11-21T10:11:00"),
    line({"prefix": "osd set", "key": "pause"}, address="[fd00::11]:0/7", stamp="2026-11-21T10:12:00"),
    {"stamp": "2026-11-21T10:13:00", "message": "from='mgr.1 172.31.9.12:0/2' entity='mgr.node2.b' "},
]


def test_the_flags_that_are_always_set_are_no_flags() -> None:
    always = ["sortbitwise", "recovery_deletes", "purged_snapdirs", "pglog_hardlimit"]
    assert flags.flags_set({"flags_set": always, "crush_node_flags": {}, "osds": []}) == []


def test_flags_of_the_cluster_of_hosts_of_classes_and_of_osds() -> None:
    dump = {
        "flags_set": ["noout", "sortbitwise"],
        "crush_node_flags": {"node2": ["noout"]},
        "device_class_flags": {"hdd": ["nodown"]},
        "osds": [{"osd": 3, "state": ["exists", "up", "noin"]}],
    }
    assert flags.flags_set(dump) == [("noout", ""), ("noout", "node2"), ("nodown", "hdd"), ("noin", "osd.3")]


@pytest.mark.parametrize(
    ("flag", "place", "at", "address"),
    [
        ("noout", "", "2026-11-21T10:09:24", "172.31.9.11"),
        ("noout", "node2", "2026-11-21T10:10:00", "172.31.9.11"),
        ("noin", "osd.3", "2026-11-21T10:11:00", "172.31.9.11"),
        ("pausewr", "", "2026-11-21T10:12:00", "fd00::11"),
    ],
)
def test_who_set_it(flag: str, place: str, at: str, address: str) -> None:
    assert flags.who_set(flag, place, LOG) == flags.Setter("client.admin", address, at)


def test_a_log_that_does_not_go_back_that_far() -> None:
    assert flags.who_set("nodown", "", LOG) is None
    assert flags.who_set("noout", "node3", LOG) is None


def test_the_sentence_says_what_it_does_who_set_it_and_how_to_clear_it() -> None:
    setter = flags.Setter("client.admin", "172.31.9.11", "2026-11-21T10:09:24")
    assert flags.sentence("noout", "", setter, None, HOSTS) == (
        "noout is set (OSDs that are down stay in, and nothing is copied elsewhere) since 2026-11-21T10:09:24Z by"
        " client.admin from node1. Cure: ceph osd unset noout, in cephadm shell"
    )


def test_maintenance_by_groundplane_says_whose_it_is() -> None:
    marker = {"since": "2026-11-21T09:00:00Z", "by": "root@manager", "run": "20261121-090000-aaaa"}
    said = flags.sentence("noout", "node2", None, marker, HOSTS)
    assert "noout is set for node2" in said
    assert "by root@manager (run 20261121-090000-aaaa)" in said
    assert said.endswith("Cure: groundplane ceph maintenance clear node2")


def test_one_osds_flag_and_a_pause_have_cures_of_their_own() -> None:
    assert flags.sentence("noin", "osd.3", None, None, {}).endswith("Cure: ceph osd rm-noin 3, in cephadm shell")
    assert flags.sentence("pauserd", "", None, None, {}).endswith("Cure: ceph osd unset pause, in cephadm shell")
