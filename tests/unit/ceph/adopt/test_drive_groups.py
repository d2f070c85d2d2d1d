"""Drive groups from the disks that OSDs have."""

from __future__ import annotations

from typing import Any

from groundplane.ceph.adopt.drive_groups import adopted_drive_groups, existing_osds
from groundplane.ceph.configuration import DriveGroup

from .existing_clusters import adopting_answers

HOSTS = ("node1", "node2", "node3")


def lvm(answers: dict[str, Any], **more: str) -> None:
    """All OSDs on a disk of the same path, through LVM."""
    for metadata in answers["osd_metadata"]:
        metadata.update(
            bluestore_bdev_devices="sda",
            bluestore_bdev_partition_path="/dev/dm-0",
            device_paths="sda=/dev/disk/by-path/pci-0000:00:10.0-scsi-0:0:0:0,nvme0n1=/dev/disk/by-path/pci-0000:3b:00.0",
            osdspec_affinity="spinning",
            **more,
        )


def test_each_host_has_groups_of_its_own_where_disks_differ() -> None:
    part = adopted_drive_groups(adopting_answers(), HOSTS)
    assert part.values == {}
    assert part.host_values == {
        host: {"ceph_osds": [{"name": name, "data_devices": {"paths": [f"/dev/loop{number}"]}, "method": "raw"}]}
        for number, (host, name) in enumerate(zip(HOSTS, ("lab", "lab2", "lab3"), strict=True))
    }


def test_one_list_where_all_hosts_are_alike_and_paths_that_last() -> None:
    answers = adopting_answers()
    lvm(answers, bluefs_dedicated_db="1", bluefs_db_devices="nvme0n1", default_device_class="ssd")
    uuids = [osd["uuid"] for osd in answers["osd_dump"]["osds"]]
    answers["config_keys"] += [f"dm-crypt/osd/{uuid}/luks" for uuid in uuids]
    part = adopted_drive_groups(answers, HOSTS)
    assert part.host_values == {}
    assert part.values["ceph_osds"] == [
        {
            "name": "spinning",
            "data_devices": {"paths": ["/dev/disk/by-path/pci-0000:00:10.0-scsi-0:0:0:0"]},
            "db_devices": {"paths": ["/dev/disk/by-path/pci-0000:3b:00.0"]},
            "encrypted": True,
            "device_class": "hdd",
        }
    ]
    DriveGroup.model_validate(part.values["ceph_osds"][0])


def test_osds_that_share_a_disk_and_different_kinds_on_one_host() -> None:
    answers = adopting_answers()
    for metadata in answers["osd_metadata"]:
        metadata["hostname"] = "node1"
    answers["osd_metadata"][1]["bluestore_bdev_devices"] = "loop0"
    part = adopted_drive_groups(answers, HOSTS)
    first, second = part.host_values["node1"]["ceph_osds"]
    assert (first["name"], first["data_devices"], first["osds_per_device"]) == ("disks", {"paths": ["/dev/loop0"]}, 2)
    assert (second["name"], second["data_devices"]) == ("lab3", {"paths": ["/dev/loop2"]})
    assert part.host_values["node2"] == {"ceph_osds": []}


def test_osds_that_say_nothing_are_told() -> None:
    answers = adopting_answers()
    answers["osd_metadata"][0] = {"id": 0}
    answers["osd_metadata"][1]["bluestore_bdev_devices"] = ""
    part = adopted_drive_groups(answers, HOSTS)
    assert part.notes == (
        "osd.1 on node2 doesn't say which disk it has; no drive group names it.",
        "osd.0 was never up; no drive group names its disk.",
    )
    assert [osd.id for osd in existing_osds(answers)] == [1, 2]
