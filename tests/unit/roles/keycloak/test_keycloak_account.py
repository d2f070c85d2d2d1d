"""The engine gets in to Keycloak, and no secret is in any list of words."""

from __future__ import annotations

import io
import subprocess
import urllib.error
from email.message import Message
from importlib import import_module
from typing import Any

import pytest

account: Any = import_module("keycloak_account")

SECRET = "a-secret-of-48-characters"


class Answer:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


def answering(monkeypatch: pytest.MonkeyPatch, code: int, body: bytes = b"{}") -> None:
    def urlopen(asked: Any, **_: Any) -> Answer:
        assert asked.data.decode().endswith(f"client_secret={SECRET}")
        if code == 200:
            return Answer()
        raise urllib.error.HTTPError(asked.full_url, code, "", Message(), io.BytesIO(body))

    monkeypatch.setattr(account.ssl, "create_default_context", lambda **_: None)
    monkeypatch.setattr(account.urllib.request, "urlopen", urlopen)


def asked() -> bool:
    return bool(account.gets_token("https://172.31.1.11:8443", "groundplane", SECRET))


def test_a_token_is_a_yes_and_a_wrong_secret_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, 200)
    assert asked()
    answering(monkeypatch, 401, b'{"error": "invalid_client", "error_description": "Invalid client"}')
    assert not asked()


@pytest.mark.parametrize("body", [b"<html>Bad Gateway</html>", b'{"error": "unknown_error"}', b"[1]"])
def test_anything_else_is_neither(monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    answering(monkeypatch, 502, body)
    with pytest.raises(account.AccountError, match="answers 502"):
        asked()


def test_the_secret_reaches_the_container_by_its_input_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def run(words: list[str], **given: Any) -> subprocess.CompletedProcess[str]:
        seen.update(given, words=words)
        return subprocess.CompletedProcess(words, 0, "", "")

    monkeypatch.setattr(account.subprocess, "run", run)
    account.make_temporary("keycloak", "groundplane-bootstrap", SECRET, "/etc/keycloak/keycloak.conf")
    assert seen["input"] == f"{SECRET}\n"
    assert seen["words"][:4] == ["docker", "exec", "--interactive", "keycloak"]
    assert SECRET not in " ".join(seen["words"])
    assert "env" not in seen


def test_what_the_program_said_last_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess([], 2, "starting\n", "ERROR: Failed to start server in (nonserver) mode\n")
    monkeypatch.setattr(account.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(account.AccountError, match=r"starting \| ERROR: Failed to start server"):
        account.make_temporary("keycloak", "groundplane-bootstrap", SECRET, "/etc/keycloak/keycloak.conf")
