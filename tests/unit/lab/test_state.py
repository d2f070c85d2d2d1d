"""A lab's state folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.errors import InputError, LockedError
from groundplane.lab.state import LabFolder, lab_names
from tests.unit.lab.small_lab import small_lab

if TYPE_CHECKING:
    from pathlib import Path


def test_a_lab_is_kept_and_found(tmp_path: Path) -> None:
    folder = LabFolder(tmp_path, "tiny")
    assert folder.load() is None
    assert lab_names(tmp_path) == []
    folder.save(small_lab())
    assert folder.load() == small_lab()
    assert lab_names(tmp_path) == ["tiny"]


def test_saving_the_same_touches_nothing(tmp_path: Path) -> None:
    folder = LabFolder(tmp_path, "tiny")
    folder.save(small_lab())
    before = folder.file.stat()
    folder.save(small_lab())
    assert folder.file.stat().st_ino == before.st_ino


def test_damaged_state_names_file_and_cure(tmp_path: Path) -> None:
    folder = LabFolder(tmp_path, "tiny")
    folder.root.mkdir(parents=True)
    folder.file.write_text('{"format": 1, "surprise": true}')
    with pytest.raises(InputError) as refused:
        folder.load()
    assert "lab down --name tiny" in refused.value.cure
    assert "lab.json" in str(refused.value.place)


def test_two_commands_do_not_work_on_one_lab(tmp_path: Path) -> None:
    with LabFolder(tmp_path, "tiny").lock():
        with LabFolder(tmp_path, "other").lock():
            pass
        with pytest.raises(LockedError, match="tiny"), LabFolder(tmp_path, "tiny").lock():
            pass
    with LabFolder(tmp_path, "tiny").lock():
        pass


def test_a_lock_leaves_nothing_where_no_lab_was_made(tmp_path: Path) -> None:
    folder = LabFolder(tmp_path, "tiny")
    with folder.lock():
        assert folder.lock_file.exists()
    assert not folder.lock_file.exists()
    folder.save(small_lab())
    with folder.lock():
        pass
    assert folder.lock_file.exists()


@pytest.mark.parametrize("name", ["", "Lab", "my_lab", "../up", "1st", "x" * 33, "lab-", "a.b"])
def test_names_that_nodes_and_domains_can_not_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="can't be a lab's name"):
        LabFolder(tmp_path, name)
