"""OSDs and disks side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from groundplane.ceph.osds.disks import DiskView, HostDisks
from groundplane.ceph.osds.listing import Row, list_osds
from groundplane.ceph.state import Osd

from ..cluster_states import FSID, healthy, osd_down, with_osds  # noqa: TID252
from .host_disks import disk_of, empty, host_disks, osd_of


def rows(state: Any, disks: HostDisks) -> list[Row]:
    return [row for row in list_osds(state, {"node2": disks}) if row.host == "node2"]


def test_an_osd_stands_with_its_disk() -> None:
    state = healthy()
    (row,) = rows(state, host_disks(disk_of(osd_of(state), FSID)))
    assert (row.osd, row.state, row.disk, row.note) == (osd_of(state).name, "up", "/dev/sdb (1.0 TB)", "")


def test_an_osd_whose_disk_went_says_so() -> None:
    state = osd_down(osd_of(healthy()).id)
    (row,) = rows(state, host_disks())
    assert (row.state, row.note) == ("down, out", "its disk isn't there")


def test_other_disks_say_what_becomes_of_them() -> None:
    state = healthy()
    full = DiskView("/dev/sda", "/dev/sda", contents=("a partition table (gpt) with 2 partitions",))
    found = host_disks(disk_of(osd_of(state), FSID), full, empty(), empty("/dev/sdd"), new=("/dev/sdc",))
    assert [(row.disk.split()[0], row.state) for row in rows(state, found)] == [
        ("/dev/sdb", "up"),
        ("/dev/sda", "in use"),
        ("/dev/sdc", "new"),
        ("/dev/sdd", "empty"),
    ]


def test_refusals_and_hosts_that_dont_answer_are_told() -> None:
    state = healthy()
    assert rows(state, host_disks(refusal="/dev/sdx doesn't exist"))[-1].note == "/dev/sdx doesn't exist"
    assert "no answer" in rows(state, HostDisks("node2", error="no answer"))[0].note


def test_a_destroyed_osd_waits_for_a_disk() -> None:
    state = healthy()
    state = replace(state, osds=tuple(replace(osd, destroyed=True, up=False) for osd in state.osds))
    assert rows(state, host_disks())[0].state == "destroyed"


def test_an_osd_that_a_run_left_is_no_dead_one() -> None:
    state = with_osds(Osd(9, "", up=False, in_=True, uuid="u9"))
    dump = {"osds": [*state.raw["osd_dump"]["osds"], {"osd": 9, "state": ["exists", "new"]}]}
    state = replace(state, raw={**state.raw, "osd_dump": dump})
    assert [row.state for row in list_osds(state, {}) if row.osd == "osd.9"] == ["unborn"]
