from __future__ import annotations

import json

import pytest

from groundplane.identity.login.one_time_passwords import SecondFactor, one_time_password
from groundplane.identity.policy_options import OneTimePasswordPolicy

SEED = b"12345678901234567890"
PERIOD = 30


@pytest.mark.parametrize(
    ("now", "algorithm", "seed", "expected"),
    [
        (59, "HmacSHA1", SEED, "94287082"),
        (1111111109, "HmacSHA1", SEED, "07081804"),
        (20000000000, "HmacSHA1", SEED, "65353130"),
        (59, "HmacSHA256", b"12345678901234567890123456789012", "46119246"),
        (59, "HmacSHA512", (SEED * 4)[:64], "90693936"),
    ],
)
def test_the_vectors_of_rfc_6238(now: int, algorithm: str, seed: bytes, expected: str) -> None:
    assert one_time_password(seed, now // PERIOD, algorithm=algorithm, digits=8) == expected


def test_the_vectors_of_rfc_4226() -> None:
    assert [one_time_password(SEED, counter) for counter in range(3)] == ["755224", "287082", "359152"]


def test_none_is_shown_twice() -> None:
    by_time = SecondFactor(SEED.decode(), OneTimePasswordPolicy())
    assert [by_time.next(now=0), by_time.next(now=0)] == ["755224", "287082"]
    by_counter = SecondFactor(SEED.decode(), OneTimePasswordPolicy(type="hotp"))
    assert [by_counter.next(now=9999), by_counter.next(now=9999)] == ["755224", "287082"]


def test_keycloak_is_told_of_it() -> None:
    told = SecondFactor("seed", OneTimePasswordPolicy(digits=8)).credential()
    assert json.loads(told["secretData"]) == {"value": "seed"}
    assert json.loads(told["credentialData"])["digits"] == 8
