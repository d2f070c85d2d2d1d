"""Archives as Kolla's Dockerfiles add them: deterministic, and nothing outside of their folder."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from groundplane.errors import FailedError
from groundplane.supply.kolla.archives import collection_archive, constraints_archive

if TYPE_CHECKING:
    from pathlib import Path


def _sdist(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def _names(data: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return tar.getnames()


def test_constraints_lie_where_kolla_looks_for_them() -> None:
    made = constraints_archive(b"six===1.17.0\n")
    assert _names(made) == ["requirements", "requirements/upper-constraints.txt"]
    assert made == constraints_archive(b"six===1.17.0\n")


def test_an_image_without_plugins_gets_an_empty_folder() -> None:
    assert _names(collection_archive("plugins", [])) == ["plugins"]


def test_plugins_are_unpacked_below_the_folder(tmp_path: Path) -> None:
    plugin = _sdist(tmp_path / "p.tar.gz", {"dashboard-1.0/setup.py": b"x"})
    assert _names(collection_archive("plugins", [plugin])) == ["plugins", "plugins/dashboard-1.0/setup.py"]


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "a/../../evil"])
def test_an_archive_that_points_outside_is_refused(tmp_path: Path, name: str) -> None:
    plugin = _sdist(tmp_path / "p.tar.gz", {name: b"x"})
    with pytest.raises(FailedError, match=r"p\.tar\.gz can't be read"):
        collection_archive("plugins", [plugin])


def test_an_archive_cut_short_is_named(tmp_path: Path) -> None:
    plugin = tmp_path / "p.tar.gz"
    plugin.write_bytes(b"\x1f\x8bno")
    with pytest.raises(FailedError, match=r"p\.tar\.gz can't be read"):
        collection_archive("plugins", [plugin])
