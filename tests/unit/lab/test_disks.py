"""Disks: sparse, attached once, and only the lab's own are ever detached."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from groundplane.errors import FailedError
from groundplane.lab import disks
from groundplane.lab.disks import attach_disk, detach_disks, loop_devices, read_loop_devices
from groundplane.lab.model import GIB

if TYPE_CHECKING:
    from pathlib import Path


class FakeLosetup:
    """Answers as losetup would; `direct` says whether the file system has direct I/O."""

    def __init__(self, devices: dict[str, str], *, direct: bool = True) -> None:
        self.devices = devices
        self.direct = direct
        self.detached: list[str] = []

    def __call__(self, words: list[str], **_options: object) -> str:
        if "--list" in words:
            entries = [{"name": name, "back-file": file} for name, file in self.devices.items()]
            return json.dumps({"loopdevices": entries}) if entries else ""
        if "--detach" in words:
            self.detached.append(words[-1])
            return ""
        if "--direct-io=on" in words and not self.direct:
            raise FailedError("no direct I/O")
        device = f"/dev/loop{len(self.devices)}"
        self.devices[device] = words[-1]
        return device + "\n"


def use(monkeypatch: pytest.MonkeyPatch, fake: FakeLosetup) -> FakeLosetup:
    monkeypatch.setattr(disks, "run_command", fake)
    return fake


@pytest.mark.parametrize("direct", [True, False])
def test_a_disk_is_sparse_and_attached_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, direct: bool) -> None:
    fake = use(monkeypatch, FakeLosetup({}, direct=direct))
    file = tmp_path / "disks" / "node1-1.img"
    assert attach_disk(file, 20, []) == "/dev/loop0"
    assert file.stat().st_size == 20 * GIB
    assert file.stat().st_blocks == 0
    assert attach_disk(file, 20, loop_devices(tmp_path)) == "/dev/loop0"
    assert len(fake.devices) == 1


def test_what_is_on_a_disk_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use(monkeypatch, FakeLosetup({}))
    file = tmp_path / "node1-1.img"
    file.write_bytes(b"data")
    attach_disk(file, 1, [])
    assert file.read_bytes() == b"data"


def test_only_the_labs_own_devices_are_detached(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mine, other = tmp_path / "one", tmp_path / "one-more"
    fake = use(
        monkeypatch,
        FakeLosetup(
            {"/dev/loop0": f"{other}/a.img", "/dev/loop1": f"{mine}/a.img", "/dev/loop2": f"{mine}/b.img (deleted)"}
        ),
    )
    assert detach_disks(mine) == ["/dev/loop1", "/dev/loop2"]
    assert fake.detached == ["/dev/loop1", "/dev/loop2"]


def test_no_loop_devices_at_all() -> None:
    assert read_loop_devices("") == []
