"""Keycloak is waited for; one that won't come up says why in its own words."""

from __future__ import annotations

import io
import itertools
import subprocess
import urllib.error
from email.message import Message
from importlib import import_module
from typing import Any

import pytest

waiting: Any = import_module("keycloak_waiting")

URL = "https://172.31.1.11:9000/health/ready"
LOG = """\
2026-11-21 18:00:01,000 INFO  [org.keycloak] (main) Starting
2026-11-21 18:00:02,000 ERROR [org.keycloak.quarkus] (main) ERROR: Access denied for user 'keycloak'@'%'
\tat org.mariadb.jdbc.Exception.create(Exception.java:10)
2026-11-21 18:00:03,000 INFO  [org.keycloak] (main) Stopped
"""


class Engine:
    """A container engine, and Keycloak behind it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answers: list[str], states: list[str]) -> None:
        self.answers = iter(answers)
        self.states = itertools.chain(states, itertools.repeat(states[-1]))
        monkeypatch.setattr(waiting, "ask", lambda _: next(self.answers))
        monkeypatch.setattr(waiting, "docker", self.docker)
        monkeypatch.setattr(waiting.time, "sleep", lambda _: None)

    def docker(self, verb: str, *_: str) -> subprocess.CompletedProcess[str]:
        if verb == "logs":
            return subprocess.CompletedProcess([], 0, LOG, "")
        state = next(self.states)
        return subprocess.CompletedProcess([], 1 if not state else 0, state, "")


def test_it_is_waited_for_while_its_container_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    Engine(monkeypatch, ["Connection refused", "503", "200"], ["running 7"])
    assert waiting.wait(URL, "keycloak", 60, clock=itertools.count(step=5).__next__) == 15


@pytest.mark.parametrize(
    ("states", "why"),
    [
        (["running 4", "restarting 5", "running 6", "restarting 7"], "is restarting, started anew 7 times"),
        (["exited 0"], "is exited"),
        ([""], "is missing"),
    ],
)
def test_a_container_that_doesnt_stay_is_told_early(
    monkeypatch: pytest.MonkeyPatch, states: list[str], why: str
) -> None:
    Engine(monkeypatch, ["Connection refused"] * 9, states)
    with pytest.raises(waiting.NotReadyError) as told:
        waiting.wait(URL, "keycloak", 600, clock=lambda: 0.0)
    assert why in str(told.value)
    assert "it said last: ERROR: Access denied for user 'keycloak'@'%' (docker logs keycloak" in str(told.value)


def test_time_that_is_up_is_told_with_the_last_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    Engine(monkeypatch, ["503"] * 9, ["running 0"])
    with pytest.raises(waiting.NotReadyError, match="answers 503 after 20 s"):
        waiting.wait(URL, "keycloak", 20, clock=itertools.count(step=10).__next__)


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (urllib.error.HTTPError(URL, 503, "", Message(), io.BytesIO()), "503"),
        (urllib.error.URLError(ConnectionRefusedError(111, "Connection refused")), "[Errno 111] Connection refused"),
        (TimeoutError("timed out"), "timed out"),
    ],
)
def test_an_answer_is_its_status_or_the_reason_for_none(
    monkeypatch: pytest.MonkeyPatch, raised: Exception, said: str
) -> None:
    def urlopen(*_: Any, **__: Any) -> None:
        raise raised

    monkeypatch.setattr(waiting.ssl, "create_default_context", lambda **_: None)
    monkeypatch.setattr(waiting.urllib.request, "urlopen", urlopen)
    assert waiting.ask(URL) == said
