from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.faults.full_disk import PAGE, needed

if TYPE_CHECKING:
    from pathlib import Path


def test_a_folder_takes_whole_pages(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "log").write_bytes(bytes(PAGE + 1))
    (tmp_path / "lock").touch()
    (tmp_path / "link").symlink_to("lock")
    pages = {"the folder": 1, "runs": 1, "log": 1 + 2, "lock": 1, "link": 1}
    assert needed(tmp_path) == PAGE * sum(pages.values())
