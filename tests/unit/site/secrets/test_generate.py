from __future__ import annotations

import subprocess
import uuid
from base64 import b64decode, urlsafe_b64decode
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from groundplane.errors import Place
from groundplane.site.secrets.declared import DeclaredSecret, SecretKind
from groundplane.site.secrets.generate import (
    PublicFacts,
    UnusableSecretError,
    fits,
    generate,
    is_usable,
    new_value,
    public_half,
)

if TYPE_CHECKING:
    from pathlib import Path

FACTS = PublicFacts("cloud", "cloud.example.org", 100)


def _secret(tmp_path: Path, kind: SecretKind, length: int = 32) -> DeclaredSecret:
    return DeclaredSecret("name", "layer", kind, "For a test", length, "public", Place(tmp_path))


def test_each_kind_has_its_shape(tmp_path: Path) -> None:
    assert generate(_secret(tmp_path, SecretKind.PASSWORD, 20)).isalnum()
    assert len(generate(_secret(tmp_path, SecretKind.PASSWORD, 20))) == 20
    assert len(bytes.fromhex(generate(_secret(tmp_path, SecretKind.HEX, 33)) + "0")) == 17
    assert len(b64decode(generate(_secret(tmp_path, SecretKind.BASE64, 24)))) == 24
    assert len(urlsafe_b64decode(generate(_secret(tmp_path, SecretKind.FERNET)))) == 32
    assert len(bytes.fromhex(generate(_secret(tmp_path, SecretKind.FINGERPRINT_KEY)))) == 32


def test_a_uuid_is_random_and_canonical(tmp_path: Path) -> None:
    value = generate(_secret(tmp_path, SecretKind.UUID))
    assert (str(uuid.UUID(value)), uuid.UUID(value).version) == (value, 4)


def test_the_halves_of_a_pair_belong_together_and_ssh_keygen_reads_them(tmp_path: Path) -> None:
    secret = _secret(tmp_path, SecretKind.SSH_KEY_PAIR)
    pair = new_value(secret)
    assert isinstance(pair, dict)
    (tmp_path / "key").touch(mode=0o600)
    (tmp_path / "key").write_text(pair["private_key"])
    seen = subprocess.run(["ssh-keygen", "-y", "-f", str(tmp_path / "key")], capture_output=True, text=True, check=True)
    assert seen.stdout.split()[:2] == pair["public_key"].split()
    assert is_usable(secret, pair)
    assert not is_usable(secret, {"private_key": pair["private_key"], "public_key": ""})
    assert not is_usable(secret, pair["private_key"])


def test_two_are_never_equal(tmp_path: Path) -> None:
    for kind in SecretKind:
        assert generate(_secret(tmp_path, kind)) != generate(_secret(tmp_path, kind))


def test_ssh_keygen_accepts_the_key_and_agrees_on_its_public_half(tmp_path: Path) -> None:
    secret = _secret(tmp_path, SecretKind.SSH_KEY)
    value = generate(secret)
    (tmp_path / "key").touch(mode=0o600)
    (tmp_path / "key").write_text(value)
    seen = subprocess.run(["ssh-keygen", "-y", "-f", str(tmp_path / "key")], capture_output=True, text=True, check=True)
    ours = public_half(secret, value, FACTS)
    assert seen.stdout.split()[:2] == ours.split()[:2]
    assert ours.endswith(" cloud-operator\n")
    assert fits(secret, value, ours)
    assert not fits(secret, generate(secret), ours)


def test_a_signing_keys_public_half_is_a_line_of_allowed_signers(tmp_path: Path) -> None:
    secret = _secret(tmp_path, SecretKind.SIGNING_KEY)
    value = generate(secret)
    line = public_half(secret, value, FACTS)
    signers = tmp_path / "signers"
    signers.write_text("# people add others\n" + line)
    file = tmp_path / "file"
    file.write_text("signed")
    (tmp_path / "key").touch(mode=0o600)
    (tmp_path / "key").write_text(value)
    sign = ["ssh-keygen", "-Y", "sign", "-q", "-n", "groundplane-images", "-f", str(tmp_path / "key"), str(file)]
    subprocess.run(sign, check=True)
    verify = ["ssh-keygen", "-Y", "verify", "-f", str(signers), "-I", "cloud", "-n", "groundplane-images"]
    with file.open() as content:
        seen = subprocess.run([*verify, "-s", f"{file}.sig"], stdin=content, capture_output=True, check=False)
    assert seen.returncode == 0, seen
    assert fits(secret, value, signers.read_text())
    assert not fits(secret, generate(secret), signers.read_text())
    assert not fits(secret, value, f"# {line}")


def test_openssl_accepts_the_authority(tmp_path: Path) -> None:
    secret = _secret(tmp_path, SecretKind.CERTIFICATE_AUTHORITY)
    value = generate(secret)
    pem = public_half(secret, value, FACTS)
    (tmp_path / "ca.crt").write_text(pem)
    words = ["openssl", "verify", "-check_ss_sig", "-x509_strict", "-CAfile", str(tmp_path / "ca.crt")]
    seen = subprocess.run([*words, str(tmp_path / "ca.crt")], capture_output=True, text=True, check=False)
    assert seen.returncode == 0, seen
    certificate = x509.load_pem_x509_certificate(pem.encode())
    left = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert left.days == 100
    assert fits(secret, value, pem)
    assert not fits(secret, generate(secret), pem)
    assert not fits(secret, value, "no certificate")


def test_a_value_that_is_no_key_is_refused_without_being_quoted(tmp_path: Path) -> None:
    for kind in (SecretKind.SSH_KEY, SecretKind.SIGNING_KEY, SecretKind.CERTIFICATE_AUTHORITY):
        with pytest.raises(UnusableSecretError) as told:
            public_half(_secret(tmp_path, kind), "planted-value", FACTS)
        assert "planted" not in str(told.value)
