"""What is on a host's disks, from what lsblk, wipefs and LVM print."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.roles.ceph.disks import FSID
from tests.unit.roles.ceph.test_ceph_bluestore import DONE, UUID, label

disks: Any = importlib.import_module("ceph_disks")


class Machine:
    """Answers for the programs; block devices are files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.nodes: list[dict[str, Any]] = []
        self.signatures: dict[str, list[str]] = {}
        self.volumes: list[dict[str, str]] = []

    def add(self, name: str, *, head: bytes = b"", **more: Any) -> str:
        path = str(self.folder / name)
        Path(path).write_bytes(head)
        node = {"name": name, "path": path, "type": "disk", "size": 960 * 10**9, "rota": False, "ro": False}
        self.nodes.append({**node, "serial": f"S{name}", **more})
        return path

    def run(self, words: list[str]) -> str:
        if words[0] == "lsblk":
            return json.dumps({"blockdevices": self.nodes})
        if words[0] == "wipefs":
            return json.dumps({"signatures": [{"type": kind} for kind in self.signatures.get(words[-1], [])]})
        assert words[0] == "pvs"
        return json.dumps({"report": [{"pv": self.volumes}]}) if self.volumes else ""

    def survey(self, *named: str) -> Any:
        return disks.survey_disks(list(named), run=self.run)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(disks.Path, "is_block_device", lambda self: self.exists())
    monkeypatch.setattr(disks, "_claimed", lambda path: path.endswith("claimed"))
    return Machine(tmp_path)


def only(machine: Machine, *named: str) -> Any:
    (found,) = machine.survey(*named).disks.values()
    return found


def test_an_empty_disk_is_empty(machine: Machine) -> None:
    machine.add("sdb", model="MZ7", vendor="ATA ")
    found = only(machine)
    assert found.empty()
    assert (found.model, found.vendor, found.rotational, found.identity) == ("MZ7", "ATA", False, "Ssdb 960000000000")
    assert found.described().endswith("sdb (MZ7, 960 GB)")


def test_a_partition_table_is_told_with_its_partitions(machine: Machine) -> None:
    children = [
        {"type": "part", "name": "sda1", "path": "/dev/sda1", "mountpoint": "/"},
        {"type": "part", "name": "sda2", "path": "/dev/sda2"},
    ]
    machine.add("sda", pttype="gpt", children=children)
    assert only(machine).holds == ("a partition table (gpt) with 2 partitions", "what is mounted at /")


@pytest.mark.parametrize(
    ("kind", "held"),
    [
        ("xfs", "a file system (xfs)"),
        ("dos", "a partition table (dos)"),
        ("LVM2_member", "a physical volume of LVM"),
        ("linux_raid_member", "a part of a RAID"),
        ("crypto_LUKS", "an encrypted volume (LUKS)"),
        ("swap", "swap space"),
    ],
)
def test_signatures_are_told_in_words(machine: Machine, kind: str, held: str) -> None:
    machine.signatures[machine.add("sdb")] = [kind, kind]
    found = only(machine)
    assert found.holds == (held,)
    assert not found.empty()


def test_an_osd_on_a_bare_disk_is_known_by_its_label(machine: Machine) -> None:
    machine.signatures[machine.add("sdb", head=label(DONE))] = ["ceph_bluestore"]
    found = only(machine)
    assert found.holds == ()
    assert found.osds == (disks.OsdPart(3, UUID, FSID, "block", finished=True),)
    assert found.osds[0].named() == "osd.3"


def test_osds_in_volumes_are_known_by_their_tags(machine: Machine) -> None:
    path = machine.add("sdb")
    machine.signatures[path] = ["LVM2_member"]
    tags = f"ceph.osd_id=7,ceph.osd_fsid=u7,ceph.cluster_fsid={FSID},ceph.type=db"
    machine.volumes = [{"pv_name": path, "vg_name": "ceph-1", "lv_name": "osd-db-7", "lv_tags": tags}]
    found = only(machine)
    assert (found.holds, found.groups) == ((), ("ceph-1",))
    assert found.osds == (disks.OsdPart(7, "u7", FSID, "db", finished=True, lv="ceph-1/osd-db-7"),)
    assert found.osds[0].named() == "the db of osd.7"


def test_a_stranger_in_a_volume_group_is_told_by_name(machine: Machine) -> None:
    path = machine.add("sdb")
    machine.volumes = [{"pv_name": path, "vg_name": "data", "lv_name": "home", "lv_tags": ""}]
    assert only(machine).holds == ("the volume group data with home",)


def test_virtual_devices_count_only_where_they_are_named(machine: Machine) -> None:
    loop = machine.add("loop3", type="loop")
    machine.add("zram0")
    assert machine.survey().disks == {}
    found = machine.survey(loop)
    assert list(found.disks) == [loop]
    assert found.named == {loop: loop}


def test_a_partition_that_is_named_says_what_it_is(machine: Machine) -> None:
    path = machine.add("sda1", type="part")
    found = machine.survey(path, "/nowhere")
    assert found.others == {path: "a partition"}
    assert found.named == {}


def test_a_link_leads_to_its_disk(machine: Machine, tmp_path: Path) -> None:
    path = machine.add("sdb")
    link = tmp_path / "by-id"
    link.symlink_to(path)
    assert machine.survey(str(link)).named == {str(link): path}


def test_a_disk_that_the_kernel_has_for_somebody_is_not_empty(machine: Machine) -> None:
    machine.add("sd-claimed")
    assert not only(machine).empty()


@pytest.mark.parametrize(("size", "text"), [(960 * 10**9, "960 GB"), (3_840_755_982_336, "3.8 TB"), (512, "512 B")])
def test_sizes_are_said_as_disks_are_sold(size: int, text: str) -> None:
    assert disks.human_size(size) == text
