"""Making secrets, and the public halves that go with some of them."""

from __future__ import annotations

import secrets
import string
import uuid
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_ssh_private_key,
)
from cryptography.x509.oid import NameOID

from groundplane.site.secrets.declared import DeclaredSecret, SecretKind

_FERNET_BYTES = 32
_FINGERPRINT_BYTES = 32
_ALPHABET = string.ascii_letters + string.digits
_RSA_BITS = 3072
"""The least that the BSI's TR-02102-1 takes for longer than 2023; a key takes a third of a second instead of the two
that kolla-genpwd's 4096 bits do."""
PAIR = ("private_key", "public_key")
"""The keys of a secret of kind ssh_key_pair."""
_CLOCK_SKEW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class PublicFacts:
    """What public halves say about their site."""

    site_name: str
    domain: str
    authority_days: int


class UnusableSecretError(ValueError):
    """A secret that is there and can't be what it is declared to be; the message never holds its value."""


def new_value(secret: DeclaredSecret) -> str | dict[str, str]:
    """A new value as secrets.yml holds it: a mapping for a pair of keys, text for all else."""
    value = generate(secret)
    if secret.kind is not SecretKind.SSH_KEY_PAIR:
        return value
    public = _private_key(value).public_key()
    return dict(zip(PAIR, (value, public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()), strict=True))


def is_usable(secret: DeclaredSecret, value: Any) -> bool:
    """Whether a value that is there has the form of its kind: text, or both halves of a pair."""
    if secret.kind is SecretKind.SSH_KEY_PAIR:
        return isinstance(value, dict) and all(_is_text(value.get(half)) for half in PAIR)
    return _is_text(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def generate(secret: DeclaredSecret) -> str:  # noqa: PLR0911 - one line a kind
    """A new text, from the operating system's random numbers; of a pair of keys the private one."""
    match secret.kind:
        case SecretKind.PASSWORD:
            return "".join(secrets.choice(_ALPHABET) for _ in range(secret.length))
        case SecretKind.HEX:
            return secrets.token_hex((secret.length + 1) // 2)[: secret.length]
        case SecretKind.BASE64:
            return b64encode(secrets.token_bytes(secret.length)).decode()
        case SecretKind.FERNET:
            return urlsafe_b64encode(secrets.token_bytes(_FERNET_BYTES)).decode()
        case SecretKind.FINGERPRINT_KEY:
            return secrets.token_hex(_FINGERPRINT_BYTES)
        case SecretKind.SSH_KEY | SecretKind.SIGNING_KEY:
            ssh_key = ed25519.Ed25519PrivateKey.generate()
            return ssh_key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
        case SecretKind.SSH_KEY_PAIR:
            rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
            return rsa_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        case SecretKind.PRIVATE_KEY:
            server_key = ec.generate_private_key(ec.SECP256R1())
            return server_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        case SecretKind.UUID:
            return str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))
        case SecretKind.CERTIFICATE_AUTHORITY:
            authority_key = ec.generate_private_key(ec.SECP384R1())
            return authority_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_half(secret: DeclaredSecret, value: str, facts: PublicFacts) -> str:
    """The content of `secret.public_file`: an OpenSSH public key line, a line of allowed signers, or the authority's
    certificate in PEM.

    Raises:
        UnusableSecretError: the value is no such private key.
    """
    if secret.kind is SecretKind.SSH_KEY:
        return f"{_ssh_public(value)} {facts.site_name}-operator\n"
    if secret.kind is SecretKind.SIGNING_KEY:
        # Namespaces keep the key from standing for anything but what this project signs with it.
        return f'{facts.site_name} namespaces="groundplane-*" {_ssh_public(value)}\n'
    return _authority_certificate(value, facts)


def fits(secret: DeclaredSecret, value: str, public: str) -> bool:
    """Whether a public half that is there belongs to the private one.

    Raises:
        UnusableSecretError: the value is no such private key.
    """
    if secret.kind is SecretKind.SSH_KEY:
        ours = _ssh_public(value).split()
        return any(line.split()[:2] == ours for line in public.splitlines())
    if secret.kind is SecretKind.SIGNING_KEY:
        return any(_ssh_public(value) in line for line in public.splitlines() if not line.startswith("#"))
    key = _private_key(value)
    try:
        certificate = x509.load_pem_x509_certificate(public.encode())
    except ValueError:
        return False
    return certificate.public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    ) == key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _ssh_public(value: str) -> str:
    try:
        # OpenSSH's own format needs a newline at the end, which a person's editor may have lost.
        key = load_ssh_private_key(value.strip().encode() + b"\n", password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UnusableSecretError("it is not a private key in OpenSSH's format without a pass phrase") from error
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def _private_key(value: str) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    try:
        key = load_pem_private_key(value.strip().encode() + b"\n", password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UnusableSecretError("it is not a private key in PEM without a pass phrase") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise UnusableSecretError("an authority's key has to be EC or RSA")
    return key


def _authority_certificate(value: str, facts: PublicFacts) -> str:
    """A self-signed root by RFC 5280: CA true, path length 0 (it signs hosts only), keyCertSign and cRLSign."""
    key = _private_key(value)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, facts.domain[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{facts.site_name} authority"[:64]),
        ]
    )
    now = datetime.now(UTC)
    public = key.public_key()
    identifier = x509.SubjectKeyIdentifier.from_public_key(public)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + timedelta(days=facts.authority_days))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=False,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(key, hashes.SHA384())
    )
    return certificate.public_bytes(Encoding.PEM).decode()
