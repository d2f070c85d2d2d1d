"""The commands for compute hosts, with a Nova that is only pretended."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from groundplane.cli import common, operations
from groundplane.cli.openstack.compute import asking, command
from groundplane.errors import InputError
from groundplane.openstack.compute.nova import Room
from groundplane.openstack.status import hosts as status_hosts
from groundplane.openstack.status.hosts import HostState

from ...openstack.compute.fake_nova import HOSTS, FakeNova, server  # noqa: TID252

if TYPE_CHECKING:
    from collections.abc import Iterator

    from groundplane.run.operation import Operation

ROOM = {"node4": Room({"VCPU": 2, "MEMORY_MB": 2048}, {"VCPU": 8, "MEMORY_MB": 8192})}


class Cloud:
    """Keeps the operations that would be carried out."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.nova = FakeNova([server("web"), server("db", "SHUTOFF")])
        self.hosts = HOSTS
        self.answers = False
        self.planned: list[Operation] = []
        inventory = SimpleNamespace(hosts=("node4", "node5"), group_hosts={"compute": ("node4", "node5")})
        self.site: Any = SimpleNamespace(inventory=inventory, file=SimpleNamespace(domain="cloud.test"))
        self.asked = 0
        self.nova.hosts = lambda: self.hosts  # type: ignore[method-assign]
        self.nova.room = lambda: ROOM  # type: ignore[attr-defined]
        monkeypatch.setattr(common, "open_site", lambda _obj, **_more: self.site)
        monkeypatch.setattr(asking, "open_nova", self._nova)
        monkeypatch.setattr(operations, "open_desk", self._desk)
        monkeypatch.setattr(operations, "perform", lambda _desk, operation, **_more: self.planned.append(operation))
        monkeypatch.setattr(status_hosts, "ask_containers", self._ask)

    @contextmanager
    def _nova(self, _site: object) -> Iterator[Any]:
        self.asked += 1
        yield self.nova

    @contextmanager
    def _desk(self, _obj: object) -> Iterator[Any]:
        yield SimpleNamespace(site=self.site, connection=None)

    def _ask(self, _site: Any, names: list[str], _connection: Any) -> dict[str, HostState]:
        return {name: HostState(name, reachable=self.answers) for name in names}

    def run(self, *words: str) -> str:
        done = CliRunner().invoke(command, list(words), catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    return Cloud(monkeypatch)


def test_the_list(cloud: Cloud) -> None:
    cloud.hosts = (replace(HOSTS[0], enabled=False, reason="groundplane: drained by me"), HOSTS[1])
    lines = [line.split() for line in cloud.run("list").splitlines()]
    expected = "node4 up, disabled nova 1 ACTIVE, 1 SHUTOFF 2 of 8 2 of 8 GiB groundplane: drained by me"
    assert lines[1] == expected.split()
    assert lines[2] == ["node5", "up", "nova", "none"]
    told = json.loads(cloud.run("list", "--json"))
    assert told["hosts"][0]["servers"] == {"ACTIVE": 1, "SHUTOFF": 1}


def test_a_drain_knows_the_host_its_servers_and_the_room_elsewhere(cloud: Cloud) -> None:
    cloud.run("drain", "node4", "--reason", "memory", "--parallel", "2")
    [found] = cloud.planned
    assert found.command == "openstack compute drain node4"
    assert "live-migrated, 2 at a time" in found.lines[1]
    assert len(found.warnings) == 2


def test_a_drain_of_a_host_that_isnt_there_asks_nobody(cloud: Cloud) -> None:
    with pytest.raises(InputError) as refused:
        cloud.run("drain", "noed4")
    assert refused.value.problems[0].cure == "Did you mean 'node4'?"
    assert cloud.asked == 0


def test_enable_and_disable(cloud: Cloud) -> None:
    cloud.run("disable", "node4", "node5", "--reason", "x")
    cloud.run("enable", "node4")
    assert [found.title for found in cloud.planned] == ["Disable node4, node5", "Enable node4"]
    assert cloud.planned[1].nothing == "it is enabled already"


def test_a_host_that_answers_is_not_evacuated(cloud: Cloud) -> None:
    cloud.hosts = (replace(HOSTS[0], up=False), HOSTS[1])
    cloud.run("evacuate", "node4")
    assert cloud.planned[0].confirm == "node4"
    cloud.answers = True
    with pytest.raises(InputError, match="node4 can't be evacuated"):
        cloud.run("evacuate", "node4")
