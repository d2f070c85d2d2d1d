"""The apt cache: who is asked whether it runs."""

from __future__ import annotations

import socket
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.errors import FailedError
from groundplane.lab import apt_cache
from groundplane.lab.apt_cache import NAME, ensure_apt_cache

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class FakePodman:
    """A cache that podman believes to run; the process listens once podman has started it anew."""

    def __init__(self, listener: socket.socket, *, starts: bool = True) -> None:
        self.listener, self.starts = listener, starts
        self.calls: list[str] = []

    def json(self, *words: str) -> Any:
        if words[0] == "ps":
            return [{"State": "running"}]
        return [{"name": NAME, "labels": {apt_cache.LABEL: "1"}, "subnets": [{"subnet": "127.0.0.0/28"}]}]

    def run(self, *words: str, **_options: object) -> str:
        self.calls.append(words[0])
        if words[0] == "run" and self.starts:
            self.listener.listen()
        return ""


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.2", 0))
        monkeypatch.setattr(apt_cache, "PORT", bound.getsockname()[1])
        monkeypatch.setattr(apt_cache, "RUNNING_SECONDS", 0.2)
        monkeypatch.setattr(apt_cache, "START_SECONDS", 0.2)
        monkeypatch.setattr(apt_cache, "ensure_apt_cache_image", lambda **_options: "apt-cache")
        yield bound


def ensure(podman: FakePodman, cache: Path) -> str:
    return ensure_apt_cache(podman, [IPv4Network("127.0.0.0/24")], cache=cache)  # type: ignore[arg-type]


def test_a_cache_that_answers_is_left_alone(listener: socket.socket, tmp_path: Path) -> None:
    listener.listen()
    podman = FakePodman(listener)
    assert ensure(podman, tmp_path) == f"http://127.0.0.2:{apt_cache.PORT}"
    assert podman.calls == []


def test_a_cache_that_only_podmans_record_says_runs_is_started_anew(listener: socket.socket, tmp_path: Path) -> None:
    podman = FakePodman(listener)
    assert ensure(podman, tmp_path) == f"http://127.0.0.2:{apt_cache.PORT}"
    assert podman.calls == ["rm", "run"]


def test_a_cache_that_never_answers(listener: socket.socket, tmp_path: Path) -> None:
    with pytest.raises(FailedError, match="The apt cache does not answer"):
        ensure(FakePodman(listener, starts=False), tmp_path)
