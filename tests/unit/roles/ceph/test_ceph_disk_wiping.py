"""Emptying disks: what is refused, and what is really gone."""

from __future__ import annotations

import importlib
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.roles.ceph.disks import disk, part

if TYPE_CHECKING:
    from pathlib import Path

wiping: Any = importlib.import_module("ceph_disk_wiping")


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    called: list[str] = []

    def run(words: list[str]) -> Any:
        called.append(" ".join(words))
        return subprocess.CompletedProcess(words, 0, "", "")

    monkeypatch.setattr(wiping, "run", run)
    return called


def test_all_that_is_on_it_is_told_in_words_that_compare() -> None:
    held = disk(holds=("a file system (xfs)",), osds=(part(),))
    assert wiping.contents(held) == ["a file system (xfs)", "osd.3 u3"]


@pytest.mark.parametrize(
    ("there", "why"),
    [
        ({}, ""),
        ({"holds": ("what is mounted at /srv",)}, "unmount"),
        ({"claimed": True}, "in use"),
        ({"claimed": True, "holds": ("the volume group data with home",)}, ""),
        ({"claimed": True, "osds": (part(lv="ceph-1/osd-3"),)}, ""),
    ],
)
def test_what_somebody_uses_isnt_wiped(there: dict[str, Any], why: str) -> None:
    assert (why in wiping.busy(disk(**there))) if why else not wiping.busy(disk(**there))


def test_both_ends_and_the_copies_of_the_label_are_zeroed(tmp_path: Path, programs: list[str]) -> None:
    path = tmp_path / "disk"
    size = 2 * wiping.GIB
    with path.open("wb") as file:
        file.truncate(size)
        for offset in (0, wiping.GIB, size - 512):
            file.seek(offset)
            file.write(b"x" * 512)
    wiping.wipe(disk(str(path), size=size), ["data"])
    with path.open("rb") as file:
        for offset in (0, wiping.GIB, size - 512):
            file.seek(offset)
            assert file.read(512) == bytes(512)
    assert programs[0].startswith("vgremove")
    assert programs[1] == f"wipefs --all --force {path}"


def test_a_program_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiping, "run", lambda words: subprocess.CompletedProcess(words, 1, "", "x\nit is open\n"))
    with pytest.raises(wiping.CephError, match="data can't be removed: it is open"):
        wiping.wipe(disk(), ["data"])
