"""Bundles as they lie there: folders and tars, whole and not."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from groundplane.errors import InputError
from groundplane.supply.bundle.reading import open_bundle, open_reader, read_all, read_old_manifest
from tests.unit.supply.bundle.made import FILES, make_bundle

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["b", "b.tar"])
def test_a_bundle_has_the_files_that_were_put_in(tmp_path: Path, name: str) -> None:
    bundle = open_bundle(make_bundle(tmp_path / name))
    assert {path: read_all(bundle.reader, path).decode() for path in bundle.manifest.files} == FILES
    assert set(bundle.reader.sizes) == {*FILES, "manifest.json"}
    assert not bundle.reader.damage
    assert not bundle.reader.cut
    assert bundle.is_tar == name.endswith(".tar")


def test_a_tar_is_the_same_bytes_for_the_same_files(tmp_path: Path) -> None:
    first, second = make_bundle(tmp_path / "a.tar"), make_bundle(tmp_path / "b.tar")
    assert first.read_bytes() == second.read_bytes()


def test_programs_keep_their_mode_in_a_tar(tmp_path: Path) -> None:
    with tarfile.open(make_bundle(tmp_path / "b.tar")) as archive:
        modes = {member.name: member.mode for member in archive}
    assert modes["bundle/install"] == 0o755
    assert modes["bundle/manifest.json"] == 0o644


def test_every_place_where_a_tar_can_be_cut_is_noticed(tmp_path: Path) -> None:
    whole = make_bundle(tmp_path / "b.tar").read_bytes()
    end = whole.rindex(b"a wheel") + 8
    cut = tmp_path / "cut.tar"
    for length in [*range(512, len(whole) - 10240, 512), end - 1, end]:
        cut.write_bytes(whole[:length])
        reader = open_reader(cut)
        assert reader.cut, length


def test_a_link_in_a_bundle_is_damage(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "b")
    (folder / "toolkit/groundplane.txt").unlink()
    (folder / "toolkit/groundplane.txt").symlink_to("/etc/passwd")
    assert open_reader(folder).damage == {"toolkit/groundplane.txt": "is no ordinary file"}
    with tarfile.open(tmp_path / "l.tar", "w") as archive:
        info = tarfile.TarInfo("bundle/manifest.json")
        info.size = 2
        archive.addfile(info, io.BytesIO(b"{}"))
        link = tarfile.TarInfo("bundle/x")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    assert "x" in open_reader(tmp_path / "l.tar").damage


def test_a_file_that_stands_in_a_tar_twice_is_damage(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "t.tar", "w") as archive:
        for text in (b"one", b"two"):
            info = tarfile.TarInfo("bundle/x")
            info.size = 3
            archive.addfile(info, io.BytesIO(text))
    assert open_reader(tmp_path / "t.tar").damage == {"x": "is in the tar twice"}


def test_what_is_no_bundle_says_what_to_name(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.tar").write_text("no tar", encoding="utf-8")
    for path, word in (
        (tmp_path / "empty", "manifest.json"),
        (tmp_path / "text.tar", "neither"),
        (tmp_path / "no", "There is"),
    ):
        with pytest.raises(InputError, match=word):
            open_bundle(path)


def test_a_bundle_that_was_never_finished_says_how_to_go_on(tmp_path: Path) -> None:
    (tmp_path / "b.part").mkdir()
    with pytest.raises(InputError, match="never finished") as found:
        open_bundle(tmp_path / "b.part")
    assert "bundle create" in found.value.cure


def test_an_old_bundle_is_known_by_its_manifest_alone(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "b")
    manifest, digest = read_old_manifest(folder / "manifest.json")
    assert (manifest, digest) == read_old_manifest(folder)
    assert digest.startswith("sha256:")
