"""ceph-volume's words for drive groups, the note about disks that are at work, and what cephadm says."""

from __future__ import annotations

import importlib
import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.roles.ceph.disks import FSID, disk, part

if TYPE_CHECKING:
    from pathlib import Path

making: Any = importlib.import_module("ceph_osd_making")
groups: Any = importlib.import_module("ceph_drive_groups")


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NOTE", "LOCK", "MEMORY"):
        monkeypatch.setattr(making, name, tmp_path / name / "file" if name != "MEMORY" else tmp_path / name)


def assignment(*new: Any, db: tuple[Any, ...] = (), wal: tuple[Any, ...] = (), **group: Any) -> Any:
    return groups.Assignment({"name": "disks", **group}, list(new), list(new), list(db), list(wal))


def test_raw_disks_are_prepared_one_by_one() -> None:
    found = making.prepare_commands(
        assignment(disk("/dev/sdb"), disk("/dev/sdc"), method="raw", device_class="ssd"), ids := [4]
    )
    assert [" ".join(words) for words in found] == [
        "raw prepare --bluestore --data /dev/sdb --crush-device-class ssd --osd-id 4",
        "raw prepare --bluestore --data /dev/sdc --crush-device-class ssd",
    ]
    assert ids == []


def test_raw_databases_take_a_free_disk_each() -> None:
    taken = disk("/dev/nvme0n1", osds=(part(7, "u7", "", role="db"),))
    (words,) = making.prepare_commands(assignment(disk(), db=(taken, disk("/dev/nvme1n1")), method="raw"), [])
    assert words[-2:] == ["--block.db", "/dev/nvme1n1"]


def test_lvm_is_one_batch_of_all() -> None:
    given: dict[str, Any] = {"db_size": "60G", "encrypted": True, "osds_per_device": 2, "device_class": "nvme"}
    made = assignment(disk("/dev/sdb"), disk("/dev/sdc"), db=(disk("/dev/nvme0n1"),), **given)
    ids = [1, 2, 3, 4, 5]
    assert [" ".join(words) for words in making.prepare_commands(made, ids)] == [
        (
            "lvm batch --no-auto /dev/sdb /dev/sdc --db-devices /dev/nvme0n1 --block-db-size 60G --osds-per-device 2"
            " --dmcrypt --crush-device-class nvme --osd-ids 1 2 3 4 --yes --no-systemd"
        )
    ]
    assert ids == [5]


def test_a_group_without_new_disks_does_nothing() -> None:
    assert making.prepare_commands(assignment(), [3]) == []


def test_a_disk_that_fails_doesnt_keep_the_others_from_theirs() -> None:
    class Cephadm:
        def volume(self, *words: str) -> str:
            if "/dev/sdb" in words:
                raise making.CephError("the disk is broken")
            return ""

    made = assignment(disk("/dev/sdb"), disk("/dev/sdc"), method="raw")
    assert making.prepare_all(Cephadm(), [made], []) == ["/dev/sdb can't be made an OSD: the disk is broken"]


def test_the_note_is_about_one_cluster_and_grows() -> None:
    making.write_note(FSID, [disk("/dev/sdb")])
    making.write_note(FSID, [disk("/dev/sdc"), disk("/dev/sdd", identity="")])
    assert making.noted(FSID) == ("serial of /dev/sdb", "serial of /dev/sdc")
    assert making.noted("another") == ()
    assert making.noted("") == making.noted(FSID)
    making.remove_note()
    assert making.noted(FSID) == ()


def test_keys_go_over_standard_input_and_files_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def run(words: list[str], **more: Any) -> Any:
        seen.update(more, words=words)
        return subprocess.CompletedProcess(words, 0, "done", "")

    monkeypatch.setattr(making.subprocess, "run", run)
    assert making.Cephadm("image", FSID, "[global]", "SECRET").volume("raw", "list") == "done"
    assert "SECRET" not in " ".join(seen["words"])
    assert "SECRET" in json.loads(seen["input"])["keyring"]
    assert seen["env"]["TMPDIR"] == str(making.MEMORY)


def test_what_a_killed_run_left_in_memory_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "run", lambda words: subprocess.CompletedProcess(words, 0, "", ""))
    making.MEMORY.mkdir()
    (making.MEMORY / "ceph-tmpabc").write_text("key")
    with making.alone():
        assert list(making.MEMORY.iterdir()) == []


def test_a_container_that_is_still_at_work_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    line = 'brave_knuth "/usr/sbin/ceph-volume raw prepare --data /dev/sdb"\n'
    monkeypatch.setattr(making, "run", lambda words: subprocess.CompletedProcess(words, 0, line, ""))
    with pytest.raises(making.CephError, match="brave_knuth"), making.alone(seconds=0):
        pass


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (
            "Traceback (most recent call last):\n  File x\nRuntimeError: Device /dev/sdb has a filesystem.\n",
            "RuntimeError: Device /dev/sdb has a filesystem.",
        ),
        ("/usr/bin/docker: stderr -->  it is taken\n", "it is taken"),
        ("only this", "only this"),
        ("", "it said nothing"),
    ],
)
def test_of_a_long_complaint_the_reason_is_kept(said: str, line: str) -> None:
    assert making.last_words(said) == line
