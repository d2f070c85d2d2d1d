"""Logins of the service account over a session that verifies TLS by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from keycloak.exceptions import KeycloakAuthenticationError, KeycloakConnectionError

from groundplane.identity.keycloak.connection import VerifiedConnection


class Https(requests.Session):
    """Answers once, and keeps what was sent."""

    def __init__(self, status: int, data: Any) -> None:
        super().__init__()
        self.status, self.data = status, data
        self.sent: dict[str, Any] = {}

    def post(self, url: str | bytes, data: Any = None, *_: Any, **words: Any) -> requests.Response:
        self.sent = {"url": url, "data": data, **words}
        if isinstance(self.data, Exception):
            raise self.data
        made = requests.Response()
        made.status_code = self.status
        made._content = self.data if isinstance(self.data, bytes) else json.dumps(self.data).encode()
        return made


def connection(https: Https) -> VerifiedConnection:
    return VerifiedConnection("https://sso:8443", "groundplane", "hush", https=https, seconds=7.0)


def test_a_token_is_had_by_the_accounts_secret() -> None:
    https = Https(200, {"access_token": "t", "expires_in": 60})
    made = connection(https)
    made.get_token()
    assert https.sent["url"] == "https://sso:8443/realms/master/protocol/openid-connect/token"
    assert https.sent["data"] == {
        "grant_type": "client_credentials",
        "client_id": "groundplane",
        "client_secret": "hush",
    }
    assert made.param_headers("Authorization") == "Bearer t"
    assert https.sent["timeout"] == 7


def test_a_refused_login_and_a_broken_answer_are_told_apart() -> None:
    refused = Https(401, {"error": "invalid_client", "error_description": "Invalid client credentials"})
    with pytest.raises(KeycloakAuthenticationError, match="Invalid client credentials"):
        connection(refused).refresh_token()
    with pytest.raises(KeycloakConnectionError, match="HTTP 503"):
        connection(Https(503, b"<html>")).get_token()
    with pytest.raises(KeycloakConnectionError, match="no route"):
        connection(Https(0, requests.ConnectionError("no route"))).get_token()
