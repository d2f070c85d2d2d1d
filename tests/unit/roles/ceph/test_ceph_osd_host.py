"""A host's OSDs: from what is there to what is asked for."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from tests.unit.roles.ceph.disks import FSID, disk, half, part, survey

hosts: Any = importlib.import_module("ceph_osd_host")
GROUPS = [{"name": "disks", "method": "raw", "data_devices": {"paths": ["/dev/sdb", "/dev/sdc"]}}]


class World:
    """A host whose disks change as ceph-volume and cephadm would change them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *disks: Any) -> None:
        self.disks = {one.path: one for one in disks}
        self.daemons: dict[int, str] = {}
        self.done: list[str] = []
        self.notes: list[str] = []
        self.fails: set[str] = set()
        monkeypatch.setattr(hosts, "survey_disks", lambda _paths: survey(*self.disks.values()))
        monkeypatch.setattr(hosts.making, "noted", lambda _fsid: tuple(self.notes))
        monkeypatch.setattr(hosts.making, "write_note", lambda _fsid, some: self.notes.extend(d.identity for d in some))
        monkeypatch.setattr(hosts.making, "remove_note", self.notes.clear)
        monkeypatch.setattr(hosts.making, "daemon_state", lambda _fsid, osd_id: self.daemons.get(osd_id, ""))
        monkeypatch.setattr(hosts.making, "start_daemon", self.start)
        monkeypatch.setattr(hosts.making, "Cephadm", lambda *_: self)

    def volume(self, *words: str) -> str:
        self.done.append(" ".join(words[:2]))
        path = words[-1] if words[0] == "lvm" else words[words.index("--data") + 1]
        if path in self.fails:
            raise hosts.CephError("broken")
        if words[0] == "raw":
            number = int(words[words.index("--osd-id") + 1]) if "--osd-id" in words else 10 + len(self.done)
            self.disks[path] = disk(path, osds=(part(number, f"new{number}"),))
        else:
            self.disks[path] = disk(path)
        return ""

    def deploy(self, osd_id: int, _uuid: str) -> None:
        if f"osd.{osd_id}" in self.fails:
            raise hosts.CephError("no")
        self.daemons[osd_id] = "running"

    def start(self, _fsid: str, osd_id: int) -> None:
        self.daemons[osd_id] = "running"


def known(osd_id: int, uuid: str, **more: Any) -> dict[str, Any]:
    return {"id": osd_id, "uuid": uuid, "unborn": False, "destroyed": False, "host": "node1", **more}


def make(world: World, *osds: dict[str, Any]) -> Any:
    del world
    host = hosts.OsdHost(GROUPS, FSID, list(osds), "node1")
    return hosts.make_osds(host, host.look(), image="image", conf="", key="key")


def test_new_disks_are_prepared_and_their_daemons_started(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, disk("/dev/sdb"), disk("/dev/sdc"))
    found = make(world)
    assert sorted(world.daemons.values()) == ["running", "running"]
    assert len(found.changes) == 4
    assert world.notes == []
    assert [item["kind"] for item in found.as_data()["watch"]] == ["unit", "unit"]


def test_a_second_time_there_is_nothing_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, disk("/dev/sdb"), disk("/dev/sdc"))
    make(world)
    world.done.clear()
    found = hosts.OsdHost(GROUPS, FSID, [], "node1").look()
    assert (found.intended(), found.refusal()) == ([], "")


def test_a_new_disk_gets_the_id_of_the_hosts_destroyed_osd(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, disk("/dev/sdb"), disk("/dev/sdc", osds=(part(5, "u5"),)))
    found = make(world, known(5, "u5"), known(4, "", destroyed=True), known(9, "", destroyed=True, host="node2"))
    assert "osd.4 was made of /dev/sdb" in found.changes


def test_what_was_left_half_done_is_removed_first(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, disk("/dev/sdb", osds=(half("u9"),)), disk("/dev/sdc", osds=(part(5, "u5"),)))
    look = hosts.OsdHost(GROUPS, FSID, [known(9, "u9", unborn=True, host="")], "node1").look()
    assert look.as_data()["uuids"] == ["u5"], "so that its id is given back"
    found = make(world, known(9, "u9", unborn=True, host=""), known(5, "u5"))
    assert world.done[0] == "lvm zap"
    assert found.changes[0] == "what a run left half done on /dev/sdb was removed"


def test_a_disk_that_fails_is_told_and_the_note_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, disk("/dev/sdb"), disk("/dev/sdc"))
    world.fails.add("/dev/sdb")
    found = make(world)
    assert "/dev/sdb can't be made an OSD: broken" in found.failure()
    assert world.notes
    assert "running" in world.daemons.values(), "the other one is"


def test_a_daemon_that_stopped_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, disk("/dev/sdb", osds=(part(5, "u5"),)), disk("/dev/sdc", osds=(part(6, "u6"),)))
    world.daemons = {5: "stopped", 6: "running"}
    found = make(world, known(5, "u5"), known(6, "u6"))
    assert found.changes == ["osd.5 was started"]


def test_what_this_host_cant_start_is_left_to_the_orchestrator(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, disk("/dev/sdb", osds=(part(5, "u5"),)), disk("/dev/sdc", osds=(part(6, "u6"),)))
    world.fails.add("osd.5")
    assert make(world, known(5, "u5"), known(6, "u6")).as_data()["failed_to_start"] == [5]


@pytest.mark.parametrize("now", [known(5, "another"), known(5, "u5", destroyed=True)])
def test_an_osd_that_the_cluster_gave_up_is_not_taken_for_its_own(
    monkeypatch: pytest.MonkeyPatch, now: dict[str, Any]
) -> None:
    World(monkeypatch, disk("/dev/sdb", osds=(part(5, "u5"),)), disk("/dev/sdc"))
    found = hosts.OsdHost(GROUPS, FSID, [now], "node1").look()
    assert "/dev/sdb holds osd.5, which the cluster doesn't know any more" in found.refusal()
    assert "groundplane ceph osd wipe node1 /dev/sdb" in found.refusal()
