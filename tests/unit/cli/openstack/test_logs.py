"""groundplane openstack logs, with lines that are only remembered."""

from __future__ import annotations

import json
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from groundplane.cli.openstack import asking
from groundplane.cli.openstack.logs import command
from groundplane.errors import FailedError, InputError
from groundplane.kolla.containers import KollaContainer
from groundplane.openstack.logs import reading
from groundplane.openstack.logs.reading import LogLine, Logs
from groundplane.openstack.status import state

if TYPE_CHECKING:
    from collections.abc import Iterator

WANTED = (KollaContainer("nova_api", "nova", ("node1",)), KollaContainer("nova_compute", "nova-cell", ("node22",)))
LINES = (LogLine(0.0, "node1", "nova-api", "one"), LogLine(1.5, "node22", "nova-compute", "two"))


class Hosts:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.found = Logs(LINES, {})
        self.asked: dict[str, Any] = {}
        monkeypatch.setattr(asking, "open_hosts", self._open)
        monkeypatch.setattr(state, "wanted_containers", lambda _site: WANTED)
        monkeypatch.setattr(state, "chosen_hosts", lambda _site, limit: [limit] if limit else ["node1", "node22"])
        monkeypatch.setattr(reading, "read_logs", self._read)
        monkeypatch.setattr(reading, "follow_logs", self._follow)

    @contextmanager
    def _open(self, _obj: object) -> Iterator[Any]:
        yield SimpleNamespace(site=None, secrets=SimpleNamespace(values={}), connection=None)

    def _read(self, _site: Any, where: Any, _connection: Any, _redactor: Any, **more: Any) -> Logs:
        self.asked = {"where": where, **more}
        return self.found

    def _follow(self, _site: Any, where: Any, _connection: Any, _redactor: Any, *, show: Any, **more: Any) -> None:
        self.asked = {"where": where, **more}
        for line in LINES:
            show(line)

    def run(self, *words: str) -> str:
        return CliRunner().invoke(command, list(words), catch_exceptions=False).output


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> Hosts:
    return Hosts(monkeypatch)


def test_lines_with_host_and_source(hosts: Hosts) -> None:
    assert hosts.run("nova") == "node1  nova-api: one\nnode22 nova-compute: two\n"
    assert hosts.asked == {"where": {"node1": ["nova_api"], "node22": ["nova_compute"]}, "since": None, "most": 100}


def test_a_time_asks_for_all_since_then(hosts: Hosts) -> None:
    hosts.found = Logs(LINES[:1], {})
    hosts.run("nova_api", "--since", "10m")
    assert hosts.asked["most"] is None
    assert hosts.asked["since"] > 0
    assert list(hosts.asked["where"]) == ["node1"]


def test_for_programs_and_following(hosts: Hosts) -> None:
    told = [json.loads(line) for line in hosts.run("-f", "--json").splitlines()]
    assert told[1] == {
        "time": "1970-01-01T00:00:01.500+00:00",
        "host": "node22",
        "source": "nova-compute",
        "line": "two",
    }


def test_hosts_that_can_not_be_read(hosts: Hosts) -> None:
    hosts.found = Logs(LINES[:1], {"node22": "no answer"}, cut=("node1",))
    text = hosts.run("nova")
    assert "node22: no answer" in text
    assert "node1: only the last lines; --lines N shows more." in text
    hosts.found = Logs((), {"node22": "no answer"})
    with pytest.raises(FailedError, match="No host could be read"):
        hosts.run("nova")


def test_a_service_that_is_not_there(hosts: Hosts) -> None:
    with pytest.raises(InputError, match="None of nova_api runs on node22"):
        hosts.run("nova_api", "--host", "node22")
