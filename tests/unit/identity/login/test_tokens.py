from __future__ import annotations

import time

import pytest

from groundplane.errors import FailedError
from groundplane.identity.login.tokens import Tokens, claims, read_keys, verified

from .signing import ISSUER, encoded, key_set, token

KEYS = read_keys(key_set())


@pytest.mark.parametrize(("algorithm", "key"), [("RS256", "rsa"), ("PS256", "rsa"), ("ES256", "ec")])
def test_what_the_provider_signed_is_believed(algorithm: str, key: str) -> None:
    assert verified(token(algorithm, key=key, groups=["a"]), KEYS, issuer=ISSUER)["groups"] == ["a"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (token(key="other"), "doesn't publish"),
        (token(key="enc"), "doesn't publish"),
        (token(iss="https://id.test:8443/realms/acme"), "another issuer"),
        (token(exp=time.time() - 5), "expired"),
        (token()[:-8] + "AAAAAAAA", "signature is wrong"),
        (token("ES256", key="ec")[:-8] + "AAAAAAAA", "signature is wrong"),
        (token("HS256", key="rsa"), "can't be verified"),
        ("opaque", "no JWT"),
        (f"a.{encoded(b'[]')}.b", "no JWT"),
    ],
)
def test_what_is_not_right_is_refused(given: str, told: str) -> None:
    with pytest.raises(FailedError, match=told):
        verified(given, KEYS, issuer=ISSUER)


def test_what_a_token_says_can_be_read_without_its_key() -> None:
    assert claims(token(key="other"))["sub"] == "1"


def test_tokens_are_never_shown() -> None:
    tokens = Tokens("aaa", "bbb", "")
    assert tokens.secrets() == ("aaa", "bbb")
    assert "aaa" not in repr(tokens)
