from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from groundplane.kolla.issuing import Key, Period, make_authority
from groundplane.site.model import CertificatesFile

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
TEN_YEARS = Period(BEGIN, BEGIN + timedelta(days=3650))
SETTINGS = CertificatesFile(host_days=100, renew_before_days=20)


def key(kind: str) -> Key:
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_the_same_is_certified_by_the_same_bytes(kind: str) -> None:
    signer, server = key(kind), key("ec")
    period = Period(BEGIN, BEGIN + timedelta(days=100))
    first = make_authority("a", signer, TEN_YEARS).issue(("api.example", "10.0.0.1"), server, period)
    assert first == make_authority("a", signer, TEN_YEARS).issue(("api.example", "10.0.0.1"), server, period)
    certificate = x509.load_pem_x509_certificate(first.encode())
    certificate.verify_directly_issued_by(make_authority("a", signer, TEN_YEARS).certificate)
    other = make_authority("a", signer, TEN_YEARS).issue(("api.example", "10.0.0.2"), server, period)
    assert x509.load_pem_x509_certificate(other.encode()).serial_number != certificate.serial_number


@pytest.mark.parametrize(
    ("day", "begin", "end"), [(0, 0, 100), (79, 0, 100), (80, 80, 180), (159, 80, 180), (3640, 3600, 3650)]
)
def test_each_period_begins_before_the_one_before_it_ends(day: int, begin: int, end: int) -> None:
    authority = make_authority("a", key("ec"), TEN_YEARS)
    found = authority.period(SETTINGS, BEGIN + timedelta(days=day, hours=2))
    # An hour earlier than the calendar says, for clocks that are behind; the authority itself begins no earlier.
    assert found.begin == max(BEGIN, BEGIN + timedelta(days=begin) - timedelta(hours=1))
    assert found.end == BEGIN + timedelta(days=end)
