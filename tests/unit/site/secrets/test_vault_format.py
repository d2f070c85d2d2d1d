from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundplane.site.secrets.vault_format import (
    VaultFormatError,
    VaultPasswordError,
    decrypt,
    encrypt,
    is_encrypted,
)

ANSIBLE_VAULT = Path(sys.executable).with_name("ansible-vault")
needs_ansible = pytest.mark.skipif(not ANSIBLE_VAULT.exists(), reason="ansible-vault is not installed here")


@given(plain=st.binary(max_size=300), password=st.binary(min_size=1, max_size=40))
@settings(max_examples=20, deadline=None)
def test_what_was_encrypted_is_read_back(plain: bytes, password: bytes) -> None:
    assert decrypt(encrypt(plain, password), password) == plain


def test_lines_are_as_short_as_ansibles_and_equal_texts_differ() -> None:
    first, second = encrypt(b"x" * 500, b"password"), encrypt(b"x" * 500, b"password")
    assert first != second
    assert first.startswith(b"$ANSIBLE_VAULT;1.1;AES256\n")
    assert max(len(line) for line in first.splitlines()) == 80


@needs_ansible
@pytest.mark.parametrize("vault_id", [None, "cloud"])
def test_ansible_vault_reads_ours(tmp_path: Path, vault_id: str | None) -> None:
    (tmp_path / "password").write_text("geheim\n")
    (tmp_path / "file").write_bytes(encrypt("schlüssel: wert\n".encode(), b"geheim", vault_id=vault_id))
    seen = _ansible_vault("view", tmp_path)
    assert seen == "schlüssel: wert\n"


@needs_ansible
def test_we_read_what_ansible_vault_wrote(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("geheim\n")
    (tmp_path / "file").write_bytes(b"key: value\n")
    _ansible_vault("encrypt", tmp_path)
    assert decrypt((tmp_path / "file").read_bytes(), b"geheim") == b"key: value\n"


def test_a_wrong_password_is_told_apart_from_damage() -> None:
    data = encrypt(b"text", b"right")
    with pytest.raises(VaultPasswordError):
        decrypt(data, b"wrong")
    with pytest.raises(VaultFormatError, match="cut off"):
        decrypt(data[:-4], b"right")
    with pytest.raises(VaultFormatError, match=r"\$ANSIBLE_VAULT"):
        decrypt(b"plain: text\n", b"right")
    with pytest.raises(VaultFormatError, match="header"):
        decrypt(b"$ANSIBLE_VAULT;2.0;ROT13\n6161\n", b"right")


def test_a_changed_digit_is_noticed() -> None:
    data = bytearray(encrypt(b"text", b"right"))
    data[-2] = ord("0") if data[-2] != ord("0") else ord("1")
    with pytest.raises((VaultPasswordError, VaultFormatError)):
        decrypt(bytes(data), b"right")


def test_windows_line_ends_do_no_harm() -> None:
    data = encrypt(b"text", b"right").replace(b"\n", b"\r\n")
    assert is_encrypted(data)
    assert decrypt(data, b"right") == b"text"


def _ansible_vault(verb: str, folder: Path) -> str:
    words = [str(ANSIBLE_VAULT), verb, "--vault-password-file", str(folder / "password"), str(folder / "file")]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout
