from __future__ import annotations

import pytest

from groundplane.errors import FailedError
from groundplane.identity.login.asking import RefusedError
from groundplane.identity.login.grants import DEVICE, PASSWORD, Client, challenge, discover, fetch_keys

from .fake_web import FakeWeb, Said
from .signing import ISSUER, key_set

BASE = f"{ISSUER}/protocol/openid-connect"
DOCUMENT = {
    "issuer": ISSUER,
    "token_endpoint": f"{BASE}/token",
    "authorization_endpoint": f"{BASE}/auth",
    "device_authorization_endpoint": f"{BASE}/auth/device",
    "end_session_endpoint": f"{BASE}/logout",
    "jwks_uri": f"{BASE}/certs",
    "userinfo_endpoint": f"{BASE}/userinfo",
    "grant_types_supported": [PASSWORD, "authorization_code", DEVICE],
    "code_challenge_methods_supported": ["plain", "S256"],
}
TOKENS = {"access_token": "a", "refresh_token": "r", "id_token": "i", "expires_in": 300, "refresh_expires_in": 1800}


@pytest.fixture
def web() -> FakeWeb:
    found = FakeWeb()
    found.on[f"GET {ISSUER}/.well-known/openid-configuration"] = lambda _: Said(DOCUMENT)
    found.on[f"GET {BASE}/certs"] = lambda _: Said(key_set())
    found.on[f"POST {BASE}/token"] = lambda _: Said(TOKENS)
    return found


def client(web: FakeWeb, secret: str = "") -> Client:
    asker = web.asker()
    return Client(asker, discover(asker, ISSUER), "openstack-cli", secret)


def test_a_realm_says_where_to_log_in(web: FakeWeb) -> None:
    found = client(web).provider
    assert (found.issuer, found.token, found.device) == (ISSUER, f"{BASE}/token", f"{BASE}/auth/device")
    assert found.challenges == ("plain", "S256")
    assert {key.id for key in fetch_keys(web.asker(), found)} == {"enc", "rsa", "ec"}


def test_another_name_than_the_expected_one_is_told(web: FakeWeb) -> None:
    web.on[f"GET {ISSUER}/.well-known/openid-configuration"] = lambda _: Said({**DOCUMENT, "issuer": "http://id.test"})
    with pytest.raises(FailedError, match=r"calls itself http://id\.test"):
        discover(web.asker(), ISSUER)


def test_a_realm_that_is_not_there_is_told(web: FakeWeb) -> None:
    web.on[f"GET {ISSUER}/.well-known/openid-configuration"] = lambda _: Said({"error": "Realm does not exist"}, 404)
    with pytest.raises(RefusedError) as raised:
        discover(web.asker(), ISSUER)
    assert raised.value.why == "HTTP 404: Realm does not exist"


def test_no_keys_are_told(web: FakeWeb) -> None:
    provider = client(web).provider
    web.on[f"GET {BASE}/certs"] = lambda _: Said({"keys": []})
    with pytest.raises(FailedError, match="keys"):
        fetch_keys(web.asker(), provider)


def test_a_password_becomes_tokens(web: FakeWeb) -> None:
    tokens = client(web, "s").password("alice", "p")
    assert (tokens.access, tokens.refresh, tokens.identity, tokens.seconds) == ("a", "r", "i", 300)
    assert web.asked[-1].fields == {
        "client_id": "openstack-cli",
        "client_secret": "s",
        "grant_type": "password",
        "username": "alice",
        "password": "p",
        "scope": "openid",
    }


def test_a_refusal_has_the_providers_words(web: FakeWeb) -> None:
    web.on[f"POST {BASE}/token"] = lambda _: Said(
        {"error": "invalid_grant", "error_description": "Invalid user credentials"}, 401
    )
    with pytest.raises(RefusedError) as raised:
        client(web).password("alice", "wrong")
    assert (raised.value.code, raised.value.status) == ("invalid_grant", 401)
    assert "Invalid user credentials" in raised.value.why


def test_a_broken_provider_is_no_refusal(web: FakeWeb) -> None:
    web.on[f"POST {BASE}/token"] = lambda _: Said("<html>", 503)
    with pytest.raises(FailedError) as raised:
        client(web).password("alice", "p")
    assert not isinstance(raised.value, RefusedError)


def test_a_device_waits_for_its_person(web: FakeWeb) -> None:
    web.on[f"POST {BASE}/auth/device"] = lambda _: Said(
        {
            "device_code": "d",
            "user_code": "ABCD-EFGH",
            "verification_uri": f"{ISSUER}/device",
            "verification_uri_complete": f"{ISSUER}/device?user_code=ABCD-EFGH",
            "interval": 5,
            "expires_in": 600,
        }
    )
    asking = client(web)
    device = asking.start_device()
    begun = web.asked[-1].fields
    assert device.url == f"{ISSUER}/device?user_code=ABCD-EFGH"
    assert begun["code_challenge_method"] == "S256"
    answers = iter(
        [Said({"error": "authorization_pending"}, 400), Said({"error": "slow_down"}, 400), Said(TOKENS)],
    )
    web.on[f"POST {BASE}/token"] = lambda _: next(answers)
    assert asking.device(device) is None
    assert asking.device(device) is None
    tokens = asking.device(device)
    assert tokens is not None
    sent = web.asked[-1].fields
    assert challenge(sent["code_verifier"])["code_challenge"] == begun["code_challenge"]
    assert (sent["grant_type"], sent["device_code"]) == (DEVICE, "d")


def test_a_device_that_a_person_denies_is_refused(web: FakeWeb) -> None:
    web.on[f"POST {BASE}/auth/device"] = lambda _: Said(
        {"device_code": "d", "user_code": "A", "verification_uri": f"{ISSUER}/device"}
    )
    web.on[f"POST {BASE}/token"] = lambda _: Said({"error": "access_denied"}, 400)
    asking = client(web)
    device = asking.start_device()
    with pytest.raises(RefusedError):
        asking.device(device)


def test_a_session_is_refreshed_and_ended(web: FakeWeb) -> None:
    asking = client(web)
    tokens = asking.refresh(asking.password("alice", "p"))
    assert web.asked[-1].fields["refresh_token"] == "r"
    web.on[f"POST {BASE}/logout"] = lambda _: Said(status=204)
    asking.log_out(tokens)
    assert web.asked[-1].fields == {"client_id": "openstack-cli", "refresh_token": "r"}
    web.on[f"POST {BASE}/logout"] = lambda _: Said({"error": "invalid_grant"}, 400)
    with pytest.raises(RefusedError):
        asking.log_out(tokens)


def test_the_provider_says_who_it_is(web: FakeWeb) -> None:
    web.on[f"GET {BASE}/userinfo"] = lambda asked: Said({"sub": asked.headers["Authorization"]})
    asking = client(web)
    assert asking.userinfo(asking.password("alice", "p")) == {"sub": "Bearer a"}
