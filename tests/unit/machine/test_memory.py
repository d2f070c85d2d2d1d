from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from groundplane.errors import FailedError
from groundplane.machine import abandoned
from groundplane.machine.memory import private_folder, temporary_private_folder

if TYPE_CHECKING:
    from pathlib import Path


def test_a_new_folder_is_ours_alone(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "runtime")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_others_can_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "runtime").mkdir(mode=0o755)
    with pytest.raises(FailedError, match="can't be trusted"):
        private_folder(tmp_path / "runtime")


def test_a_link_to_another_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir(mode=0o700)
    (tmp_path / "runtime").symlink_to(tmp_path / "other")
    with pytest.raises(FailedError, match="can't be trusted"):
        private_folder(tmp_path / "runtime")


def test_a_temporary_folder_goes_with_all_that_is_in_it(tmp_path: Path) -> None:
    with temporary_private_folder(tmp_path / "runtime", "x-") as folder:
        (folder / "left behind").write_text("by an editor")
    assert list((tmp_path / "runtime").iterdir()) == []


def test_what_a_killed_process_left_is_removed_and_what_is_in_use_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(abandoned, "JUST_MADE_SECONDS", -1.0)
    orphan = private_folder(tmp_path / "runtime") / "x-orphan"
    orphan.mkdir()
    (orphan / "left").write_text("behind")
    (tmp_path / "runtime" / "y-other").mkdir()
    with temporary_private_folder(tmp_path / "runtime", "x-") as one:
        assert not orphan.exists()
        with temporary_private_folder(tmp_path / "runtime", "x-"):
            assert one.is_dir()
    assert [path.name for path in (tmp_path / "runtime").iterdir()] == ["y-other"]
