"""Questions to hosts, with a local Python in ssh's place."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, cast

from groundplane.ssh import asking
from groundplane.ssh.asking import HostAnswer, ask_first, ask_hosts

from ..site.conftest import SiteFolder, site_folder  # noqa: TID252

if TYPE_CHECKING:
    import pytest

    from groundplane.ssh.connection import SshConnection

__all__ = ["site_folder"]

HOSTS = ("node1", "node2", "node3")


class Local:
    """Runs the script here. Each host is a line of Python that comes before it."""

    def __init__(self, **before: str) -> None:
        self.asked: list[str] = []
        self._before = before

    def command(self, _user: str, address: str, *_words: str, port: int | None = None) -> list[str]:
        number = int(address.rpartition(".")[2]) - 10
        name = f"node{number}"
        self.asked.append(name)
        before = self._before.get(name, "")
        return [sys.executable, "-c", f"import sys, time; name = {name!r}; {before}\nexec(sys.stdin.read())"]

    def environment(self) -> dict[str, str]:
        return {}


def connection(local: Local) -> SshConnection:
    return cast("SshConnection", local)


def script(_host: str) -> bytes:
    return b'import json; print("Welcome!"); print(json.dumps({"answer": 1, "name": name}))'


def enough(answer: HostAnswer) -> bool:
    return answer.reachable


def test_all_hosts_are_asked(site_folder: SiteFolder) -> None:
    local = Local(node2="print('sorry', file=sys.stderr); sys.exit(3)")
    found = ask_hosts(site_folder.load(), HOSTS, connection(local), marker="answer", script=script)
    assert found["node1"].data == {"answer": 1, "name": "node1"}
    assert (found["node2"].reachable, found["node2"].error) == (False, "sorry")
    assert sorted(local.asked) == list(HOSTS)


def test_the_first_answer_is_enough(site_folder: SiteFolder) -> None:
    local = Local()
    found = ask_first(site_folder.load(), HOSTS, connection(local), marker="answer", script=script, enough=enough)
    assert list(found) == ["node1"]
    assert local.asked == ["node1"]


def test_a_host_that_is_away_is_told_and_the_next_one_asked_at_once(site_folder: SiteFolder) -> None:
    local = Local(node1="sys.exit(255)")
    found = ask_first(site_folder.load(), HOSTS, connection(local), marker="answer", script=script, enough=enough)
    assert [(answer.host, answer.reachable) for answer in found.values()] == [("node1", False), ("node2", True)]
    assert local.asked == ["node1", "node2"]


def test_a_host_that_does_not_answer_holds_nobody_up(site_folder: SiteFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "HEAD_START_SECONDS", 0.1)
    local = Local(node1="time.sleep(60)")
    started = time.monotonic()
    found = ask_first(site_folder.load(), HOSTS, connection(local), marker="answer", script=script, enough=enough)
    assert "node1" not in found
    assert any(answer.reachable for answer in found.values())
    assert time.monotonic() - started < 20


def test_where_no_answer_is_enough_all_are_given(site_folder: SiteFolder) -> None:
    given: Any = dict.fromkeys(HOSTS, "sys.exit(255)")
    found = ask_first(
        site_folder.load(), HOSTS, connection(Local(**given)), marker="answer", script=script, enough=enough
    )
    assert sorted(found) == list(HOSTS)
    assert not any(answer.reachable for answer in found.values())
