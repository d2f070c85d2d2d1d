"""Signatures, made and checked by the real ssh-keygen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from groundplane.errors import InputError
from groundplane.supply.signature import sign, signature_path, signing_key, verify

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.supply import signature

NAMESPACE = "groundplane-images"


def _key() -> tuple[str, str]:
    """A private key, and its public half."""
    key = ed25519.Ed25519PrivateKey.generate()
    return (
        key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode(),
        key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode(),
    )


class Signed:
    """A signed file, and who may sign."""

    def __init__(self, folder: Path) -> None:
        self.private, self.public = _key()
        self.file = folder / "images.lock"
        self.file.write_text("format: 1\n", encoding="utf-8")
        self.signers = folder / "images_signers"
        self.signers.write_text(f'east namespaces="groundplane-*" {self.public}\n', encoding="utf-8")
        self.runtime = folder / "memory"
        self.signature = signature_path(self.file)
        content = self.file.read_bytes()
        text = sign(content, private_key=self.private, namespace=NAMESPACE, runtime=self.runtime)
        self.signature.write_text(text, encoding="utf-8")

    def verify(self, namespace: str = NAMESPACE) -> signature.Signer:
        return verify(
            self.file.read_bytes(),
            self.signature,
            self.signers,
            namespace=namespace,
            what=self.file.name,
            place=self.file,
            cure="Get it again.",
        )


@pytest.fixture
def signed(tmp_path: Path) -> Signed:
    return Signed(tmp_path)


def test_what_was_signed_is_verified_and_the_signer_named(signed: Signed) -> None:
    signer = signed.verify()
    assert signer.name == "east"
    assert signer.fingerprint.startswith("SHA256:")


def test_the_key_never_touches_a_disk(signed: Signed) -> None:
    secret = signed.private.splitlines()[1]
    assert not [path for path in signed.file.parent.rglob("*") if path.is_file() and secret in path.read_text()]
    assert list(signed.runtime.iterdir()) == []


def test_a_changed_file_is_told_from_an_unknown_signer(signed: Signed) -> None:
    signed.file.write_text("format: 1 \n", encoding="utf-8")
    with pytest.raises(InputError, match="isn't what was signed"):
        signed.verify()


def test_a_changed_signature_is_found(signed: Signed) -> None:
    text = signed.signature.read_text(encoding="utf-8")
    signed.signature.write_text(text[:120] + ("A" if text[120] != "A" else "B") + text[121:], encoding="utf-8")
    with pytest.raises(InputError, match="isn't what was signed"):
        signed.verify()


def test_a_stranger_is_named_by_fingerprint(signed: Signed) -> None:
    _, other = _key()
    signed.signers.write_text(f"west {other}\n", encoding="utf-8")
    with pytest.raises(InputError, match="somebody who may not sign") as error:
        signed.verify()
    assert "SHA256:" in error.value.why
    assert str(signed.signers) in error.value.cure


def test_a_signature_for_something_else_does_not_count(signed: Signed) -> None:
    with pytest.raises(InputError, match="isn't what was signed"):
        signed.verify("groundplane-bundle")


def test_a_signer_allowed_for_other_things_does_not_count(signed: Signed) -> None:
    signed.signers.write_text(f'east namespaces="file" {signed.public}\n', encoding="utf-8")
    with pytest.raises(InputError, match="somebody who may not sign"):
        signed.verify()


def test_an_unsigned_file_is_refused(signed: Signed) -> None:
    signature_path(signed.file).unlink()
    with pytest.raises(InputError, match="is not signed") as error:
        signed.verify()
    assert error.value.cure == "Get it again."


def test_without_allowed_signers_nobody_is_trusted(signed: Signed) -> None:
    signed.signers.unlink()
    with pytest.raises(InputError, match="Nobody is known") as error:
        signed.verify()
    assert "secrets init" in error.value.cure


def test_a_missing_program_is_named_with_its_package(signed: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr("groundplane.machine.host_commands.find_program", lambda _name: None)
    with pytest.raises(InputError, match="ssh-keygen") as error:
        signed.verify()
    assert "openssh-client" in error.value.cure


def test_a_key_that_is_none_is_refused_by_the_secrets_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="images_signing_private_key"):
        sign(b"a", private_key="no key", namespace=NAMESPACE, runtime=tmp_path / "memory")
    with pytest.raises(InputError, match="no key for it") as error:
        signing_key({}, tmp_path)
    assert "secrets init" in error.value.cure
