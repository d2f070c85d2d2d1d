"""The bundle's own installer, as far as it goes without root: whom it trusts, and what it finds."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from groundplane.supply.bundle.creation import FILES as INSTALLER
from groundplane.supply.bundle.items import data_item
from groundplane.supply.bundle.manifest import BaseEntry
from groundplane.supply.bundle.reading import open_bundle
from tests.unit.supply.bundle.made import FILES, Maker, flip_bit, make_bundle, make_maker, some_items

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from groundplane.supply.bundle.items import Item

DEB = "debian/pool/main/f/foo/foo_1.0+b1~x_amd64.deb"


def items() -> list[Item]:
    script = (INSTALLER / "install").read_bytes()
    return [data_item("install", script, program=True), *some_items({k: v for k, v in FILES.items() if k != "install"})]


def bundle_at(path: Path, maker: Maker, *, base: BaseEntry | None = None, held: Iterable[str] = ()) -> Path:
    return make_bundle(path, items=items(), maker=maker, base=base, held=held)


def check(folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    line = ["sh", str(folder / "install"), "--check", *map(str, words)]
    return subprocess.run(line, capture_output=True, text=True, check=False, cwd="/")


def test_an_untouched_bundle_is_whole(tmp_path: Path, maker: Maker) -> None:
    done = check(bundle_at(tmp_path / "b", maker), "--signers", maker.signers)
    assert done.returncode == 0, done.stderr
    assert "Signed by maker" in done.stderr
    assert "The bundle is whole" in done.stderr


def test_a_flipped_bit_is_found_and_named(tmp_path: Path, maker: Maker) -> None:
    folder = bundle_at(tmp_path / "b", maker)
    flip_bit(folder / DEB, 77)
    done = check(folder, "--signers", maker.signers)
    assert done.returncode == 1
    assert f"{DEB}: FAILED" in done.stderr
    assert "wheels" not in done.stderr


def test_missing_and_added_files_are_named(tmp_path: Path, maker: Maker) -> None:
    folder = bundle_at(tmp_path / "b", maker)
    (folder / "release/2026.1.yml").unlink()
    (folder / "wheels/evil.whl").write_text("x", encoding="utf-8")
    (folder / "toolkit/link").symlink_to("/etc/passwd")
    done = check(folder, "--signers", maker.signers)
    assert done.returncode == 1
    assert "release/2026.1.yml" in done.stderr
    assert "wheels/evil.whl: not in the manifest" in done.stderr
    assert "toolkit/link: not in the manifest" in done.stderr


def test_a_changed_manifest_or_another_signer_is_refused(tmp_path: Path, maker: Maker) -> None:
    folder = bundle_at(tmp_path / "b", maker)
    other = make_maker(tmp_path, "other")
    done = check(folder, "--signers", other.signers)
    assert done.returncode == 1
    assert "somebody who isn't in" in done.stderr
    assert "SHA256:" in done.stderr
    text = (folder / "manifest.json").read_text(encoding="utf-8")
    (folder / "manifest.json").write_text(text.replace("2026.1", "2026.2", 1), encoding="utf-8")
    done = check(folder, "--signers", maker.signers)
    assert done.returncode == 1
    assert "isn't what was signed" in done.stderr


def test_a_checksum_does_without_keys(tmp_path: Path, maker: Maker) -> None:
    folder = bundle_at(tmp_path / "b", maker)
    (folder / "manifest.json.sig").unlink()
    assert check(folder, "--checksum", open_bundle(folder).digest).returncode == 0
    assert check(folder, "--checksum", "0" * 64).returncode == 1


@pytest.mark.parametrize("words", [[], ["--sighners", "x"]])
def test_nothing_is_done_without_being_told_whom_to_trust(tmp_path: Path, maker: Maker, words: list[str]) -> None:
    done = check(bundle_at(tmp_path / "b", maker), *words)
    assert done.returncode == 1
    assert "--help" in done.stderr


def test_an_incremental_bundle_finds_the_rest_in_the_one_before(tmp_path: Path, maker: Maker) -> None:
    old = bundle_at(tmp_path / "old", maker)
    base = BaseEntry(manifest=open_bundle(old).digest, release="2026.1", made_at="2026-11-20T00:00:00Z")
    new = bundle_at(tmp_path / "new", maker, base=base, held=[DEB])
    done = check(new, "--signers", maker.signers)
    assert done.returncode == 1
    assert f"{DEB}: in none of --base" in done.stderr
    assert check(new, "--signers", maker.signers, "--base", old).returncode == 0
    flip_bit(old / DEB, 1)
    assert check(new, "--signers", maker.signers, "--base", old).returncode == 1
