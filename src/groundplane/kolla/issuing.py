"""Certificates that come out the same each time: dates by the calendar, serial numbers by what is certified, and
ECDSA signatures as RFC 6979 has them."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundplane.site.model import CertificatesFile

CLOCK_SKEW = timedelta(hours=1)
SERIAL_BYTES = 16
"""RFC 5280 allows 20."""
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Period:
    """From when to when a certificate is valid."""

    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Authority:
    """Who signs."""

    certificate: x509.Certificate
    key: Key

    def period(self, settings: CertificatesFile, now: datetime) -> Period:
        """The one of its periods that today lies in: `host_days` long, and each begins `renew_before_days` before the
        end of the one before."""
        step = timedelta(days=max(1, settings.host_days - settings.renew_before_days))
        first, last = self.certificate.not_valid_before_utc, self.certificate.not_valid_after_utc
        begin = first + step * max(0, (now - first) // step)
        return Period(max(first, begin - CLOCK_SKEW), min(begin + timedelta(days=settings.host_days), last))

    def issue(self, names: Sequence[str], key: Key, period: Period, *, client: bool = False) -> str:
        """A server's certificate for these DNS names and addresses, PEM; with `client` it may ask as well."""
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, *([ExtendedKeyUsageOID.CLIENT_AUTH] if client else [])]
        builder = (
            _builder(names[0], self.certificate.subject, key, period, "\0".join(names))
            .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(_authority_identifier(self.certificate), critical=False)
        )
        return _signed(builder, self.key).public_bytes(Encoding.PEM).decode()


def make_authority(name: str, key: Key, period: Period) -> Authority:
    """An authority of its own, that signs no further ones."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = (
        _builder(name, subject, key, period, name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
    )
    return Authority(_signed(builder, key), key)


def public_der(key: Key) -> bytes:
    """The public half, as certificates hold it."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _builder(name: str, issuer: x509.Name, key: Key, period: Period, said: str) -> x509.CertificateBuilder:
    seed = "\0".join([said, period.begin.isoformat(), period.end.isoformat()]).encode() + public_der(key)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(hashlib.sha256(seed).digest()[:SERIAL_BYTES]) | 1)
        .not_valid_before(period.begin)
        .not_valid_after(period.end)
    )


def _signed(builder: x509.CertificateBuilder, key: Key) -> x509.Certificate:
    elliptic = isinstance(key, ec.EllipticCurvePrivateKey)
    return builder.sign(key, hashes.SHA384(), ecdsa_deterministic=True if elliptic else None)


def _authority_identifier(authority: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    try:
        identifier = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        identifier = x509.SubjectKeyIdentifier.from_public_key(authority.public_key())
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
