"""A bundle is used only when somebody trusted vouches for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.errors import FailedError, InputError
from groundplane.supply.bundle.reading import open_bundle
from groundplane.supply.bundle.trust import Trust, check_signature
from tests.unit.supply.bundle.made import Maker, flip_bit, make_bundle, make_maker

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["b", "b.tar"])
def test_the_signer_is_named(tmp_path: Path, maker: Maker, name: str) -> None:
    signer = check_signature(open_bundle(make_bundle(tmp_path / name, maker=maker)), Trust(maker.signers))
    assert signer is not None
    assert signer.name == "maker"


def test_a_changed_manifest_is_found(tmp_path: Path, maker: Maker) -> None:
    folder = make_bundle(tmp_path / "b", maker=maker)
    text = (folder / "manifest.json").read_text(encoding="utf-8")
    (folder / "manifest.json").write_text(text.replace('"toolkit": "0.1.0"', '"toolkit": "0.1.1"'), encoding="utf-8")
    with pytest.raises(FailedError, match="isn't what was signed"):
        check_signature(open_bundle(folder), Trust(maker.signers))


def test_somebody_elses_signature_names_the_key(tmp_path: Path, maker: Maker) -> None:
    other = make_maker(tmp_path, "other")
    folder = make_bundle(tmp_path / "b", maker=other)
    with pytest.raises(FailedError, match="may not sign") as found:
        check_signature(open_bundle(folder), Trust(maker.signers))
    assert "SHA256:" in found.value.why


def test_a_damaged_or_missing_signature_is_refused(tmp_path: Path, maker: Maker) -> None:
    folder = make_bundle(tmp_path / "b", maker=maker)
    flip_bit(folder / "manifest.json.sig", 90)
    with pytest.raises(FailedError):
        check_signature(open_bundle(folder), Trust(maker.signers))
    (folder / "manifest.json.sig").unlink()
    with pytest.raises(FailedError, match="isn't signed"):
        check_signature(open_bundle(folder), Trust(maker.signers))


def test_a_checksum_told_by_the_maker_does_without_keys(tmp_path: Path) -> None:
    bundle = open_bundle(make_bundle(tmp_path / "b"))
    assert check_signature(bundle, Trust(checksum=bundle.digest)) is None
    assert check_signature(bundle, Trust(checksum=bundle.digest.removeprefix("sha256:").upper())) is None
    with pytest.raises(FailedError, match="isn't the one"):
        check_signature(bundle, Trust(checksum="0" * 64))


def test_without_anybody_to_trust_nothing_is_used(tmp_path: Path, maker: Maker) -> None:
    bundle = open_bundle(make_bundle(tmp_path / "b", maker=maker))
    with pytest.raises(InputError, match="Nobody is known"):
        check_signature(bundle, Trust())
    with pytest.raises(InputError, match="no file of signers"):
        check_signature(bundle, Trust(tmp_path / "none"))
