"""The lock and its signature, together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from groundplane.errors import InputError
from groundplane.site.images_lock import lock_path, read_lock
from groundplane.supply.signature import SIGNERS_FILE, signature_path
from groundplane.supply.trusted_lock import (
    former_lock,
    read_trusted_lock,
    trusted_lock_or_none,
    verify_lock,
    write_signed_lock,
)
from tests.unit.supply.lock_samples import small_cloud

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def key(tmp_path: Path) -> str:
    """A private key, whose public half the site in tmp_path trusts."""
    made = ed25519.Ed25519PrivateKey.generate()
    public = made.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    (tmp_path / SIGNERS_FILE).parent.mkdir()
    (tmp_path / SIGNERS_FILE).write_text(f'east namespaces="groundplane-*" {public}\n', encoding="utf-8")
    return made.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()


def test_a_written_lock_is_trusted(tmp_path: Path, key: str) -> None:
    assert former_lock(tmp_path) is None
    assert trusted_lock_or_none(tmp_path) is None
    assert write_signed_lock(tmp_path, small_cloud(), private_key=key, runtime=tmp_path / "memory")
    lock, signer = verify_lock(tmp_path)
    assert (lock, signer.name) == (small_cloud(), "east")


def test_the_same_lock_is_not_written_again(tmp_path: Path, key: str) -> None:
    write_signed_lock(tmp_path, small_cloud(), private_key=key, runtime=tmp_path / "memory")
    later = small_cloud().model_copy(update={"made_at": "2027-01-01T00:00:00+00:00"})
    assert not write_signed_lock(tmp_path, later, private_key=key, runtime=tmp_path / "memory")
    assert read_lock(tmp_path).made_at == small_cloud().made_at


def test_an_unsigned_lock_is_signed_although_it_says_the_same(tmp_path: Path, key: str) -> None:
    write_signed_lock(tmp_path, small_cloud(), private_key=key, runtime=tmp_path / "memory")
    signature_path(lock_path(tmp_path)).unlink()
    assert write_signed_lock(tmp_path, small_cloud(), private_key=key, runtime=tmp_path / "memory")
    read_trusted_lock(tmp_path)


def test_a_digest_changed_by_hand_is_not_trusted(tmp_path: Path, key: str) -> None:
    write_signed_lock(tmp_path, small_cloud(), private_key=key, runtime=tmp_path / "memory")
    file = lock_path(tmp_path)
    old = small_cloud().images["keystone"].digest
    file.write_text(file.read_text(encoding="utf-8").replace(old, f"sha256:{'0' * 64}"), encoding="utf-8")
    with pytest.raises(InputError, match=r"images\.lock isn't what was signed") as error:
        trusted_lock_or_none(tmp_path)
    assert "git checkout" in error.value.cure
    assert "groundplane images lock" in error.value.cure


def test_a_key_that_fails_leaves_the_old_lock(tmp_path: Path, key: str) -> None:
    write_signed_lock(tmp_path, small_cloud(), private_key=key, runtime=tmp_path / "memory")
    with pytest.raises(InputError):
        write_signed_lock(tmp_path, small_cloud(curl="9"), private_key="broken", runtime=tmp_path / "memory")
    assert read_trusted_lock(tmp_path) == small_cloud()
