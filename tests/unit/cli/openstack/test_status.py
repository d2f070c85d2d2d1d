"""groundplane openstack status, with a cloud that is only remembered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from groundplane.cli.openstack import asking
from groundplane.cli.openstack.status import command

from ...openstack.status.states import container, gone, host, state, without  # noqa: TID252

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundplane.openstack.status.findings import OpenStackState


@pytest.fixture
def status(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    def run(found: OpenStackState, *words: str) -> str:
        monkeypatch.setattr(asking, "ask_state", lambda _obj, **_more: found)
        done = CliRunner().invoke(command, list(words), catch_exceptions=False)
        assert done.exit_code == 0
        return done.output

    return run


def test_all_is_well(status: Callable[..., str]) -> None:
    lines = status(state()).splitlines()
    assert lines[:7] == [
        "containers      25 of 25 well on 5 hosts",
        "VIP internal    172.31.0.240 on node1",
        "MariaDB         3 in the cluster, Primary, 3 synced",
        "RabbitMQ        3 of 3 run",
        "OVN northbound  3 answer; node1 leads",
        "OVN southbound  3 answer; node1 leads",
        "API             8 of 8 services and agents report",
    ]
    assert any(line.split() == ["node1", "7", "of", "7", "-", "internal", "2.0", "of", "8.0", "GiB"] for line in lines)
    assert not any("→" in line for line in lines)


def test_what_is_wrong_with_its_cure(status: Callable[..., str]) -> None:
    text = status(state(without("node4", "nova_compute"), gone("node5"), services=(), api_error="nobody answers"))
    assert "✘ nova-cell" in text
    assert "nova_compute on node4, node5" in text
    assert "API             doesn't answer" in text
    assert "✘ node4 lacks nova_compute\n  → groundplane apply openstack.nova-cell" in text


def test_each_container(status: Callable[..., str]) -> None:
    ill = container("nova_compute", state="exited", exit_code=1, health="")
    text = status(state(host("node4", containers=(ill,))), "--containers")
    assert any(line.split()[:3] == ["node4", "nova_compute", "exited"] for line in text.splitlines())
    assert "registry/haproxy:1" in text


def test_for_programs(status: Callable[..., str]) -> None:
    told = json.loads(status(state(without("node4", "nova_compute")), "--json"))
    assert [one["what"] for one in told["findings"]] == ["node4 lacks nova_compute"]
    assert told["vips"] == {"internal": {"address": "172.31.0.240", "hosts": ["node1"]}}
    assert {row["service"]: row["well"] for row in told["services"]}["nova-cell"] == 1
    assert len(told["reporters"]) == 8
