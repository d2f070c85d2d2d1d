"""Nothing half-written is ever called a bundle."""

from __future__ import annotations

import errno
import io
import shutil
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

import pytest

from groundplane.errors import FailedError, InputError
from groundplane.supply.bundle.items import Item, data_item
from groundplane.supply.bundle.manifest import write_manifest
from groundplane.supply.bundle.reading import open_bundle
from groundplane.supply.bundle.verification import check_files, is_whole
from groundplane.supply.bundle.writing import check_space, check_target, write_folder, write_tar
from tests.unit.supply.bundle.made import make_bundle, manifest_of, some_items

if TYPE_CHECKING:
    from pathlib import Path


def failing(path: str, error: Exception) -> Item:
    def give() -> BinaryIO:
        raise error

    return Item(path, 3, "0" * 64, give)


@pytest.mark.parametrize("tar", [False, True])
def test_a_full_disk_leaves_no_bundle_and_says_what_to_do(tmp_path: Path, tar: bool) -> None:
    items = [*some_items(), failing("wheels/z-1-x.whl", OSError(errno.ENOSPC, "No space left on device"))]
    text = write_manifest(manifest_of(items))
    target = tmp_path / "b"
    write = partial(write_tar, folder="b", seconds=0) if tar else write_folder
    with pytest.raises(FailedError, match="disk is full") as found:
        write(target, items, text, None)
    assert not target.exists()
    assert "df -h" in found.value.cure


def test_a_folder_left_half_written_is_gone_on_with(tmp_path: Path) -> None:
    opened: list[str] = []

    def counting(item: Item) -> Item:
        def give() -> BinaryIO:
            opened.append(item.path)
            return item.open()

        return Item(item.path, item.bytes, item.sha256, give, item.program)

    items = [counting(item) for item in some_items()]
    text = write_manifest(manifest_of(items))
    with pytest.raises(FailedError):
        write_folder(tmp_path / "b", [*items, failing("wheels/z-1-x.whl", OSError("gone"))], text, None)
    part = tmp_path / "b.part"
    assert part.is_dir()
    assert not (part / "manifest.json").exists()
    (part / "install").write_text("#!/bin/false", encoding="utf-8")
    (part / "left-over").write_text("x", encoding="utf-8")
    opened.clear()
    write_folder(tmp_path / "b", items, text, None)
    assert opened == ["install"]
    assert not part.exists()
    assert is_whole(check_files(open_bundle(tmp_path / "b")))
    assert (tmp_path / "b/install").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("content", [b"ab", b"abcd", b"abd"])
def test_what_changed_while_it_was_read_is_not_written(tmp_path: Path, content: bytes) -> None:
    said = data_item("wheels/x-1-x.whl", b"abc")
    item = Item(said.path, said.bytes, said.sha256, lambda: io.BytesIO(content))
    with pytest.raises(FailedError, match="isn't what it was"):
        write_folder(tmp_path / "b", [item], write_manifest(manifest_of([said])), None)
    assert not (tmp_path / "b").exists()
    with pytest.raises(FailedError):
        write_tar(tmp_path / "b.tar", [item], write_manifest(manifest_of([said])), None, folder="b", seconds=0)
    assert not (tmp_path / "b.tar").exists()


def test_a_target_that_is_there_is_kept_unless_forced(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "b")
    with pytest.raises(InputError, match="exists") as found:
        check_target(folder, force=False)
    assert "--force" in found.value.cure
    check_target(folder, force=True)
    make_bundle(folder, items=some_items({"install": "other"}))
    assert set(open_bundle(folder).manifest.files) == {"install"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b"]


def test_a_folder_that_is_no_bundle_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home/letter").write_text("dear", encoding="utf-8")
    with pytest.raises(InputError, match="no bundle"):
        check_target(tmp_path / "home", force=True)


def test_too_little_room_is_told_before_the_first_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 10))
    with pytest.raises(FailedError, match="too little room") as found:
        check_space(tmp_path / "new/b", some_items())
    assert "--since" in found.value.cure
    assert not (tmp_path / "new").exists()
