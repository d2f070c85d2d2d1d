from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from groundplane.errors import FailedError
from groundplane.files import write_atomically

if TYPE_CHECKING:
    from pathlib import Path


def test_writes_text_and_bytes_with_the_mode(tmp_path: Path) -> None:
    write_atomically(tmp_path / "deep" / "a", "grün\n", 0o600)
    assert (tmp_path / "deep" / "a").read_text() == "grün\n"
    assert (tmp_path / "deep" / "a").stat().st_mode & 0o777 == 0o600
    write_atomically(tmp_path / "b", b"\x00\x01")
    assert (tmp_path / "b").read_bytes() == b"\x00\x01"
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o644


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_atomically(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a"
    target.write_text("old")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FailedError, match="disk is full"):
        write_atomically(target, "new")
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["a"]  # noqa: PTH208


def test_a_folder_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a file")
    with pytest.raises(FailedError, match="can't be written"):
        write_atomically(tmp_path / "a" / "b", "x")
