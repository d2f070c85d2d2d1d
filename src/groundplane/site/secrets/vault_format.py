"""The file format of ansible-vault, read and written without Ansible.

Source: "Ansible Vault payload format 1.1 - 1.2" in Ansible's user guide. One header line, then 80-column hex of
three hex strings joined by newlines: salt, HMAC-SHA256 of the cipher text, cipher text. Keys come from
PBKDF2-HMAC-SHA256 with 10,000 rounds: 32 bytes for AES-256-CTR, 32 for the HMAC, 16 for the counter.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from binascii import Error as HexError
from binascii import hexlify, unhexlify

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

_MAGIC = b"$ANSIBLE_VAULT"
_HEADER = re.compile(rb"\A\$ANSIBLE_VAULT;(1\.[12]);(AES256)(?:;([^\r\n;]+))?[ \t]*\Z")
_ROUNDS = 10_000
_KEY_BYTES = 32
_COUNTER_BYTES = 16
_SALT_BYTES = 32
_COLUMNS = 80
_PARTS = 3


class VaultFormatError(ValueError):
    """The data is not what ansible-vault writes, or is damaged."""


class VaultPasswordError(ValueError):
    """The password does not open the data, or the data was altered: the format can't tell them apart."""


def is_encrypted(data: bytes) -> bool:
    """Whether the data claims to be ansible-vault's."""
    return data.startswith(_MAGIC)


def encrypt(plain: bytes, password: bytes, *, vault_id: str | None = None) -> bytes:
    """Encrypts; format 1.1, or 1.2 with a vault id. A new salt each time, so equal texts differ."""
    salt = secrets.token_bytes(_SALT_BYTES)
    cipher_key, hmac_key, counter = _keys(password, salt)
    padder = PKCS7(algorithms.AES.block_size).padder()
    padded = padder.update(plain) + padder.finalize()
    encryptor = Cipher(algorithms.AES(cipher_key), modes.CTR(counter)).encryptor()
    sealed = encryptor.update(padded) + encryptor.finalize()
    digest = hmac.new(hmac_key, sealed, hashlib.sha256).hexdigest().encode()
    body = hexlify(b"\n".join((hexlify(salt), digest, hexlify(sealed))))
    header = b"$ANSIBLE_VAULT;1.1;AES256" if vault_id is None else b"$ANSIBLE_VAULT;1.2;AES256;" + vault_id.encode()
    lines = [header, *(body[start : start + _COLUMNS] for start in range(0, len(body), _COLUMNS))]
    return b"\n".join(lines) + b"\n"


def decrypt(data: bytes, password: bytes) -> bytes:
    """The plain text.

    Raises:
        VaultFormatError: no ansible-vault data, another cipher, or damaged.
        VaultPasswordError: the password doesn't fit.
    """
    header, _, rest = data.partition(b"\n")
    if not is_encrypted(data):
        raise VaultFormatError("it does not begin with $ANSIBLE_VAULT")
    if _HEADER.match(header.rstrip(b"\r")) is None:
        raise VaultFormatError(
            f"the header {header[:60].decode('ascii', 'replace')!r} is not of format 1.1 or 1.2, AES256"
        )
    try:
        parts = unhexlify(b"".join(rest.split())).split(b"\n", _PARTS - 1)
        if len(parts) != _PARTS:
            raise VaultFormatError(f"it has {len(parts)} parts instead of {_PARTS}")
        salt, digest, sealed = (unhexlify(part) for part in parts)
    except HexError as error:
        raise VaultFormatError("it is cut off, or holds something else than hexadecimal digits") from error
    cipher_key, hmac_key, counter = _keys(password, salt)
    if not hmac.compare_digest(hmac.new(hmac_key, sealed, hashlib.sha256).digest(), digest):
        raise VaultPasswordError("the password does not fit")
    decryptor = Cipher(algorithms.AES(cipher_key), modes.CTR(counter)).decryptor()
    padded = decryptor.update(sealed) + decryptor.finalize()
    unpadder = PKCS7(algorithms.AES.block_size).unpadder()
    try:
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError as error:
        raise VaultFormatError("its padding is damaged") from error


def _keys(password: bytes, salt: bytes) -> tuple[bytes, bytes, bytes]:
    derived = hashlib.pbkdf2_hmac("sha256", password, salt, _ROUNDS, 2 * _KEY_BYTES + _COUNTER_BYTES)
    return derived[:_KEY_BYTES], derived[_KEY_BYTES : 2 * _KEY_BYTES], derived[2 * _KEY_BYTES :]
