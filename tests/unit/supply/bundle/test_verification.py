"""What isn't what was signed is named, file by file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.errors import FailedError
from groundplane.supply.bundle.holders import BundleHolder, FolderHolder
from groundplane.supply.bundle.manifest import BaseEntry
from groundplane.supply.bundle.reading import open_bundle
from groundplane.supply.bundle.verification import check_files, is_whole, raise_damage
from tests.unit.supply.bundle.made import FILES, flip_bit, make_bundle, some_items

if TYPE_CHECKING:
    from pathlib import Path

DEB = "debian/pool/main/f/foo/foo_1.0+b1~x_amd64.deb"
WHEEL = "wheels/foo-1.0-py3-none-any.whl"


@pytest.mark.parametrize("name", ["b", "b.tar"])
def test_an_untouched_bundle_is_whole_and_read_once(tmp_path: Path, name: str) -> None:
    bundle = open_bundle(make_bundle(tmp_path / name))
    read: list[int] = []
    checked = check_files(bundle, advance=read.append)
    assert is_whole(checked)
    assert checked.files == len(FILES)
    assert sum(read) == checked.bytes == bundle.manifest.bytes
    raise_damage(bundle, checked)


def test_one_flipped_bit_names_its_file_and_no_other(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "b")
    flip_bit(folder / DEB, 400)
    bundle = open_bundle(folder)
    checked = check_files(bundle)
    assert list(checked.bad) == [DEB]
    assert "was changed" in checked.bad[DEB]
    with pytest.raises(FailedError, match="1 file of 6 differs") as found:
        raise_damage(bundle, checked)
    assert DEB in found.value.why
    assert found.value.exit_code == 1


def test_one_flipped_bit_in_a_tar_names_its_file(tmp_path: Path) -> None:
    tar = make_bundle(tmp_path / "b.tar")
    flip_bit(tar, tar.read_bytes().index(b"a wheel") + 33)
    assert list(check_files(open_bundle(tar)).bad) == [WHEEL]


def test_missing_short_long_and_extra_files_are_told_apart(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "b")
    (folder / "install").unlink()
    (folder / DEB).write_text("a package\n", encoding="utf-8")
    (folder / WHEEL).write_text(FILES[WHEEL] + "more", encoding="utf-8")
    (folder / "wheels/evil.whl").write_text("x", encoding="utf-8")
    bad = check_files(open_bundle(folder)).bad
    assert set(bad) == {"install", DEB, WHEEL, "wheels/evil.whl"}
    assert bad["install"] == "is missing"
    assert bad[DEB] == "is cut short: 10 bytes instead of 1,000"
    assert "too long" in bad[WHEEL]
    assert "not in the manifest" in bad["wheels/evil.whl"]


def test_a_tar_cut_short_says_so_for_each_file_that_it_lacks(tmp_path: Path) -> None:
    tar = make_bundle(tmp_path / "b.tar")
    data = tar.read_bytes()
    tar.write_bytes(data[: data.index(b"a wheel") + 100])
    bad = check_files(open_bundle(tar)).bad
    assert "cut short: the tar ends in it" in bad[WHEEL]
    assert bad["toolkit/groundplane.txt"] == "is missing: the tar was cut short before it"
    assert DEB not in bad


def test_many_bad_files_are_named_up_to_a_page(tmp_path: Path) -> None:
    files = {f"wheels/p{number}-1-py3-none-any.whl": "x" for number in range(50)}
    folder = make_bundle(tmp_path / "b", items=some_items(files))
    for path in files:
        (folder / path).unlink()
    bundle = open_bundle(folder)
    with pytest.raises(FailedError, match="50 files of 50 differ") as found:
        raise_damage(bundle, check_files(bundle))
    assert found.value.why.count("is missing") == 20
    assert "30 more" in found.value.why


def test_an_incremental_bundle_needs_what_it_builds_on(tmp_path: Path) -> None:
    old = open_bundle(make_bundle(tmp_path / "old"))
    base = BaseEntry(manifest=old.digest, release="2026.1", made_at="2026-11-20T00:00:00Z")
    new = open_bundle(make_bundle(tmp_path / "new", base=base, held=[DEB, WHEEL]))
    assert not (tmp_path / "new" / DEB).exists()
    alone = check_files(new)
    assert alone.bad == {}
    assert set(alone.absent) == {DEB, WHEEL}
    with pytest.raises(FailedError, match="2 files can't be found") as found:
        raise_damage(new, alone)
    assert old.digest in found.value.why
    assert "--base" in found.value.cure
    assert is_whole(check_files(new, holders=[BundleHolder(old)]))
    assert is_whole(check_files(new, holders=[FolderHolder(tmp_path / "old")]))
    flip_bit(tmp_path / "old" / DEB, 3)
    assert check_files(new, holders=[BundleHolder(old)]).absent == (DEB,)
    assert check_files(new, holders=[FolderHolder(tmp_path / "old")]).absent == (DEB,)


def test_an_interrupt_ends_the_check_at_once(tmp_path: Path) -> None:
    def interrupted(_count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_files(open_bundle(make_bundle(tmp_path / "b")), advance=interrupted)
