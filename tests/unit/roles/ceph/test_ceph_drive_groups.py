"""Which disks drive groups take, which they refuse, and what they take for their own."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from tests.unit.roles.ceph.disks import FSID, OTHER, TB, disk, half, part, survey

groups: Any = importlib.import_module("ceph_drive_groups")


def group(name: str = "disks", **more: Any) -> dict[str, Any]:
    return {"name": name, "method": "lvm", **more}


def paths(*names: str) -> dict[str, Any]:
    return {"paths": [f"/dev/{name}" for name in names]}


def plan(found: Any, *given: dict[str, Any], **more: Any) -> Any:
    return groups.plan_drives(list(given), found, **{"fsid": FSID, **more})


def new(result: Any) -> list[str]:
    return [one.path for one in result.new()]


def test_an_empty_disk_that_is_named_becomes_an_osd() -> None:
    found = plan(survey(disk()), group(data_devices=paths("sdb")))
    assert (new(found), found.problems) == (["/dev/sdb"], [])


def test_an_osd_of_this_cluster_is_there_already() -> None:
    found = plan(survey(disk(osds=(part(),), claimed=True)), group(data_devices=paths("sdb")))
    assert (new(found), found.problems) == ([], [])
    assert [(each.osd_id, assignment.name) for each, assignment in found.osds] == [(3, "disks")]


@pytest.mark.parametrize(
    ("there", "why"),
    [
        ({"holds": ("a file system (xfs)",)}, "/dev/sdb holds a file system (xfs)"),
        ({"osds": (part(fsid=OTHER),)}, f"/dev/sdb holds osd.3 of another cluster ({OTHER})"),
        ({"osds": (half(),)}, "/dev/sdb holds an unfinished OSD"),
        ({"claimed": True}, "/dev/sdb is in use"),
        ({"read_only": True}, "/dev/sdb can only be read"),
        ({"size": 10**9}, "/dev/sdb is too small (1.0 GB; 5 GB are needed)"),
    ],
)
def test_a_disk_that_is_named_and_not_empty_is_refused(there: dict[str, Any], why: str) -> None:
    found = plan(survey(disk(**there)), group(data_devices=paths("sdb")))
    assert (new(found), found.problems) == ([], [why])


def test_all_that_is_wrong_is_told_at_once() -> None:
    found = plan(
        survey(disk(claimed=True), others={"/dev/sda1": "a partition"}), group(data_devices=paths("sdb", "sda1", "sdx"))
    )
    assert found.problems == [
        "/dev/sdb is in use",
        "/dev/sda1 is a partition; OSDs are made of whole disks",
        "/dev/sdx doesn't exist",
    ]


def test_a_filter_passes_over_what_holds_anything() -> None:
    there = survey(
        disk("/dev/sda", holds=("a partition table (gpt)",)), disk("/dev/sdb"), disk("/dev/sdc", claimed=True)
    )
    found = plan(there, group(data_devices={"all": True}))
    assert (new(found), found.problems) == (["/dev/sdb"], [])


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        ({"rotational": True}, ["/dev/sdb"]),
        ({"rotational": False}, ["/dev/nvme0n1"]),
        ({"size": "2TB:"}, ["/dev/sdb"]),
        ({"size": ":2TB"}, ["/dev/nvme0n1"]),
        ({"size": "1TB"}, ["/dev/nvme0n1"]),
        ({"model": "PM9"}, ["/dev/nvme0n1"]),
        ({"vendor": "SEAGATE"}, ["/dev/sdb"]),
        ({"vendor": "SEAGATE", "rotational": False}, []),
        ({"all": True, "limit": 1}, ["/dev/sdb"]),
    ],
)
def test_all_filters_have_to_fit(wanted: dict[str, Any], taken: list[str]) -> None:
    there = survey(
        disk("/dev/sdb", rotational=True, vendor="SEAGATE", size=4 * TB), disk("/dev/nvme0n1", model="PM983", size=TB)
    )
    assert new(plan(there, group(data_devices=wanted))) == taken


def test_the_first_group_that_fits_a_disk_takes_it() -> None:
    there = survey(disk("/dev/sdb", rotational=True), disk("/dev/sdc"))
    found = plan(there, group("slow", data_devices={"rotational": True}), group("rest", data_devices={"all": True}))
    assert [(each.name, [one.path for one in each.new]) for each in found.assignments] == [
        ("slow", ["/dev/sdb"]),
        ("rest", ["/dev/sdc"]),
    ]


def test_a_limit_counts_disks_that_have_osds() -> None:
    there = survey(disk("/dev/sdb"), disk("/dev/sdc", osds=(part(),), claimed=True))
    found = plan(there, group(data_devices={"all": True, "limit": 1}))
    assert (new(found), [each.osd_id for each, _ in found.osds]) == ([], [3])


def test_databases_get_their_disk_before_data_does() -> None:
    there = survey(disk("/dev/sdb", rotational=True), disk("/dev/nvme0n1"))
    (found,) = plan(there, group(data_devices={"all": True}, db_devices={"rotational": False})).assignments
    assert ([one.path for one in found.new], [one.path for one in found.db]) == (["/dev/sdb"], ["/dev/nvme0n1"])


def test_a_disk_with_databases_of_this_cluster_takes_more() -> None:
    there = survey(
        disk("/dev/sdb"), disk("/dev/nvme0n1", osds=(part(7, "u7", role="db", lv="ceph-1/db-7"),), claimed=True)
    )
    found = plan(there, group(data_devices=paths("sdb"), db_devices=paths("nvme0n1")))
    assert (new(found), found.problems) == (["/dev/sdb"], [])


class TestLeftHalfDone:
    def test_by_this_host_is_known_by_the_note(self) -> None:
        found = plan(survey(disk(osds=(half(),))), group(data_devices=paths("sdb")), ours=("serial of /dev/sdb",))
        assert (new(found), [one.path for one in found.unfinished], found.problems) == (["/dev/sdb"], ["/dev/sdb"], [])

    def test_is_known_by_an_id_that_never_ran(self) -> None:
        found = plan(survey(disk(osds=(half("u9"),))), group(data_devices=paths("sdb")), unborn=("u9",))
        assert [one.path for one in found.unfinished] == ["/dev/sdb"]

    def test_is_never_what_was_finished(self) -> None:
        there = survey(disk(osds=(part(),)))
        found = plan(there, group(data_devices=paths("sdb")), ours=("serial of /dev/sdb",), unborn=("u3",))
        assert (found.unfinished, new(found), [each.osd_id for each, _ in found.osds]) == ([], [], [3])

    def test_is_never_what_somebody_uses(self) -> None:
        there = survey(disk(osds=(half(),), claimed=True))
        found = plan(there, group(data_devices=paths("sdb")), ours=("serial of /dev/sdb",))
        assert (found.unfinished, found.problems) == ([], ["/dev/sdb holds an unfinished OSD"])

    def test_is_never_what_a_stranger_put_there(self) -> None:
        there = survey(disk(holds=("a file system (xfs)",)))
        found = plan(there, group(data_devices=paths("sdb")), ours=("serial of /dev/sdb",))
        assert (found.unfinished, found.problems) == ([], ["/dev/sdb holds a file system (xfs)"])


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"encrypted": True}, "can't encrypt"),
        ({"osds_per_device": 2}, "makes one OSD of a disk"),
        ({"db_devices": {"rotational": False}}, "gives each OSD a whole disk of db_devices: 2 are needed, 1 are free"),
    ],
)
def test_what_the_method_raw_cant_do_is_refused(options: dict[str, Any], why: str) -> None:
    there = survey(disk("/dev/sdb", rotational=True), disk("/dev/sdc", rotational=True), disk("/dev/nvme0n1"))
    (problem,) = plan(there, group(data_devices=paths("sdb", "sdc"), **options, method="raw")).problems
    assert why in problem


@pytest.mark.parametrize("text", ["big", "1XB", ":", "1TB:big"])
def test_sizes_that_arent_any_are_told(text: str) -> None:
    with pytest.raises(groups.DriveGroupError, match="size"):
        groups.parse_size_range(text)
