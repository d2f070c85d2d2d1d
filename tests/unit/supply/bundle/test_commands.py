"""The commands on small bundles: what a person reads, and the exit code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from groundplane.cli.bundle import command
from groundplane.errors import FailedError, InputError
from groundplane.supply.bundle.manifest import BaseEntry
from groundplane.supply.bundle.reading import open_bundle
from tests.unit.supply.bundle.made import Maker, flip_bit, make_bundle

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

DEB = "debian/pool/main/f/foo/foo_1.0+b1~x_amd64.deb"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])


def test_inspect_shows_what_a_bundle_says_and_that_nothing_was_checked(tmp_path: Path, maker: Maker) -> None:
    folder = make_bundle(tmp_path / "b", maker=maker)
    flip_bit(folder / DEB, 1)
    shown = call("inspect", folder)
    assert shown.exit_code == 0
    assert "release 2026.1, made 2026-11-21T06:00:00Z" in shown.output
    assert "Debian packages" in shown.output
    assert "Nothing of this was checked" in shown.output
    data = json.loads(call("inspect", folder, "--json").output)
    assert data["checked"] is False
    assert data["signed"] is True
    assert DEB in data["files"]


@pytest.mark.parametrize("name", ["b", "b.tar"])
def test_verify_says_who_signed_and_how_much_was_read(tmp_path: Path, maker: Maker, name: str) -> None:
    shown = call("verify", make_bundle(tmp_path / name, maker=maker), "--signers", maker.signers)
    assert shown.exit_code == 0, shown.output
    assert shown.output.startswith("✔ Whole: 6 files")
    assert "signed by maker (SHA256:" in shown.output


def test_verify_names_what_is_wrong(tmp_path: Path, maker: Maker) -> None:
    folder = make_bundle(tmp_path / "b", maker=maker)
    flip_bit(folder / DEB, 1)
    failed = call("verify", folder, "--signers", maker.signers)
    assert isinstance(failed.exception, FailedError)
    assert failed.exception.exit_code == 1
    assert DEB in failed.exception.why
    as_json = call("verify", folder, "--signers", maker.signers, "--json")
    assert as_json.exit_code == 1
    data = json.loads(as_json.output)
    assert data["whole"] is False
    assert list(data["bad"]) == [DEB]


def test_verify_wants_to_be_told_whom_to_trust(tmp_path: Path, maker: Maker) -> None:
    failed = call("verify", make_bundle(tmp_path / "b", maker=maker))
    assert isinstance(failed.exception, InputError)
    assert "--signers" in failed.exception.cure


def test_an_incremental_bundle_can_be_checked_alone_before_it_travels(tmp_path: Path, maker: Maker) -> None:
    old = open_bundle(make_bundle(tmp_path / "old", maker=maker))
    base = BaseEntry(manifest=old.digest, release="2026.1", made_at="2026-11-20T00:00:00Z")
    new = make_bundle(tmp_path / "new", maker=maker, base=base, held=[DEB])
    alone = call("verify", new, "--signers", maker.signers, "--alone")
    assert alone.exit_code == 0, alone.output
    assert "1 file of the older bundle was not looked for" in alone.output
    with_base = call("verify", new, "--signers", maker.signers, "--base", tmp_path / "old")
    assert with_base.exit_code == 0, with_base.output
    assert "1 file of the older bundle was found" in with_base.output
    assert isinstance(call("verify", new, "--signers", maker.signers).exception, FailedError)


def test_create_refuses_a_target_that_is_there_before_it_asks_for_secrets(tmp_path: Path) -> None:
    failed = call("create", make_bundle(tmp_path / "b"))
    assert isinstance(failed.exception, InputError)
    assert "--force" in failed.exception.cure


def test_load_refuses_what_was_signed_by_nobody_trusted(tmp_path: Path, maker: Maker) -> None:
    failed = call("load", make_bundle(tmp_path / "b"), "--signers", maker.signers)
    assert isinstance(failed.exception, FailedError)
    assert "isn't signed" in failed.exception.what
    assert not (tmp_path / "state").exists()
