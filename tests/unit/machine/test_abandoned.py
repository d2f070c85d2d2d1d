from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.machine import abandoned
from groundplane.machine.abandoned import held_folder, remove_abandoned

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    made = [tmp_path / name for name in ("held", "left")]
    for folder in made:
        folder.mkdir()
    return made


def test_what_a_living_process_holds_stays_until_it_lets_go(
    folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(abandoned, "JUST_MADE_SECONDS", -1.0)
    removed: list[Path] = []
    with held_folder(folders[0]):
        assert remove_abandoned(folders, removed.append) == ["left"]
    assert removed == [folders[1]]
    assert remove_abandoned(folders, removed.append) == ["held", "left"]


def test_what_was_just_made_is_given_the_time_to_be_locked(folders: list[Path]) -> None:
    assert remove_abandoned(folders, lambda folder: folder.rmdir()) == []
    assert all(folder.is_dir() for folder in folders)


def test_a_link_is_not_followed(folders: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abandoned, "JUST_MADE_SECONDS", -1.0)
    link = tmp_path / "link"
    link.symlink_to(folders[0])
    assert remove_abandoned([link, tmp_path / "gone already"], lambda folder: folder.rmdir()) == []
