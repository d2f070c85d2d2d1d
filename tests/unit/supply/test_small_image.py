"""An image is what went into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.supply.small_image import folder_digest

if TYPE_CHECKING:
    from pathlib import Path


def test_contents_names_modes_and_the_base_count(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    script = tmp_path / "files" / "run"
    script.write_text("#!/bin/sh\n")
    seen = [folder_digest(tmp_path, "base1"), folder_digest(tmp_path, "base2")]
    script.chmod(0o755)
    seen.append(folder_digest(tmp_path, "base1"))
    script.write_text("#!/bin/sh -e\n")
    seen.append(folder_digest(tmp_path, "base1"))
    script.rename(tmp_path / "files" / "other")
    seen.append(folder_digest(tmp_path, "base1"))
    assert len(set(seen)) == len(seen)
    assert folder_digest(tmp_path, "base1") == seen[-1]


def test_a_readers_umask_does_not_count(tmp_path: Path) -> None:
    file = tmp_path / "Containerfile"
    file.write_text("FROM scratch\n")
    file.chmod(0o600)
    private = folder_digest(tmp_path)
    file.chmod(0o644)
    assert folder_digest(tmp_path) == private
