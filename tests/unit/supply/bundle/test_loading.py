"""A bundle taken in: what it leaves behind, and what it never touches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.errors import FailedError
from groundplane.machine.podman import Podman
from groundplane.supply.bundle.loading import Options, load_bundle
from groundplane.supply.bundle.manifest import BaseEntry
from groundplane.supply.bundle.reading import open_bundle
from groundplane.supply.bundle.sources import Machine
from groundplane.supply.bundle.trust import Trust
from tests.unit.supply.bundle.made import FILES, Maker, flip_bit, make_bundle, some_items

if TYPE_CHECKING:
    from pathlib import Path

DEB = "debian/pool/main/f/foo/foo_1.0+b1~x_amd64.deb"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Whose podman is never called: these bundles have no images."""
    return Machine(tmp_path / "cache", tmp_path / "loaded", tmp_path / "memory", "python3", Podman())


@pytest.mark.parametrize("name", ["b", "b.tar"])
def test_everything_but_images_is_taken_over(tmp_path: Path, maker: Maker, machine: Machine, name: str) -> None:
    bundle = open_bundle(make_bundle(tmp_path / name, maker=maker))
    loaded = load_bundle(bundle, machine, Options(Trust(maker.signers)))
    assert loaded.folder is not None
    assert loaded.signer is not None
    assert machine.current.resolve() == loaded.folder
    for path, text in FILES.items():
        assert (machine.current / path).read_text(encoding="utf-8") == text
    assert (machine.current / "install").stat().st_mode & 0o777 == 0o755
    assert load_bundle(bundle, machine, Options(Trust(maker.signers))).folder == loaded.folder
    assert sorted(path.name for path in machine.loaded.iterdir()) == [loaded.folder.name, "current"]
    assert list((machine.cache / "bundle").iterdir()) == []


def test_of_a_damaged_bundle_nothing_is_used(tmp_path: Path, maker: Maker, machine: Machine) -> None:
    folder = make_bundle(tmp_path / "b", maker=maker)
    flip_bit(folder / DEB, 5)
    with pytest.raises(FailedError, match="not whole"):
        load_bundle(open_bundle(folder), machine, Options(Trust(maker.signers)))
    assert not machine.loaded.exists()


def test_what_a_killed_load_left_behind_is_not_taken_for_whole(tmp_path: Path, maker: Maker, machine: Machine) -> None:
    bundle = open_bundle(make_bundle(tmp_path / "b", maker=maker))
    part = machine.loaded / f"2026.1-{bundle.digest.partition(':')[2][:12]}.part"
    (part / "debian").mkdir(parents=True)
    (part / "debian/half").write_text("x", encoding="utf-8")
    loaded = load_bundle(bundle, machine, Options(Trust(maker.signers)))
    assert not part.exists()
    assert loaded.folder is not None
    assert not (loaded.folder / "debian/half").exists()


def test_an_incremental_bundle_becomes_whole_with_what_was_loaded_before(
    tmp_path: Path, maker: Maker, machine: Machine
) -> None:
    old = open_bundle(make_bundle(tmp_path / "old", maker=maker))
    load_bundle(old, machine, Options(Trust(maker.signers)))
    base = BaseEntry(manifest=old.digest, release="2026.1", made_at="2026-11-20T00:00:00Z")
    items = some_items({**FILES, "wheels/new-1-py3-none-any.whl": "new"})
    new = open_bundle(make_bundle(tmp_path / "new.tar", items=items, maker=maker, base=base, held=[DEB]))
    load_bundle(new, machine, Options(Trust(maker.signers)))
    assert (machine.current / DEB).read_text(encoding="utf-8") == FILES[DEB]
    assert (machine.current / "wheels/new-1-py3-none-any.whl").read_text(encoding="utf-8") == "new"


def test_the_bundle_before_can_be_given_instead(tmp_path: Path, maker: Maker, machine: Machine) -> None:
    old = open_bundle(make_bundle(tmp_path / "old.tar", maker=maker))
    base = BaseEntry(manifest=old.digest, release="2026.1", made_at="2026-11-20T00:00:00Z")
    new = open_bundle(make_bundle(tmp_path / "new", maker=maker, base=base, held=[DEB]))
    with pytest.raises(FailedError, match="builds on another one"):
        load_bundle(new, machine, Options(Trust(maker.signers)))
    load_bundle(new, machine, Options(Trust(maker.signers), bases=(old,)))
    assert (machine.current / DEB).read_text(encoding="utf-8") == FILES[DEB]


def test_records_of_images_go_where_the_store_looks_for_them(tmp_path: Path, maker: Maker, machine: Machine) -> None:
    items = some_items({"release/records/nova-2026.1-1.json": "{}", "sboms/nova-2026.1-1.cdx.json": "{}"})
    load_bundle(
        open_bundle(make_bundle(tmp_path / "b", items=items, maker=maker)), machine, Options(Trust(maker.signers))
    )
    assert (machine.cache / "images/records/nova-2026.1-1.json").is_file()
    assert (machine.cache / "images/sboms/nova-2026.1-1.cdx.json").is_file()


def test_the_bundle_before_stays_and_older_ones_go(tmp_path: Path, maker: Maker, machine: Machine) -> None:
    folders = []
    for number in range(3):
        items = some_items({**FILES, "release/number": str(number)})
        bundle = open_bundle(make_bundle(tmp_path / f"b{number}", items=items, maker=maker))
        folders.append(load_bundle(bundle, machine, Options(Trust(maker.signers))).folder)
    assert [folder.is_dir() for folder in folders if folder is not None] == [False, True, True]
    assert machine.current.resolve() == folders[2]
