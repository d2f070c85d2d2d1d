"""A host's line of JSON becomes its state."""

from __future__ import annotations

from groundplane.openstack.status.hosts import understand
from groundplane.ssh.asking import HostAnswer

ONE = {
    "name": "nova_compute",
    "image": "registry/nova-compute:1",
    "state": "running",
    "health": "starting",
    "since": "2026-11-21T13:00:00Z",
    "exit_code": 0,
    "restarts": 1,
    "said": "",
}


def test_containers_by_name() -> None:
    data = {"engine": "docker", "containers": [ONE, {**ONE, "name": "cron", "health": ""}], "memory": [1, 2]}
    found = understand(HostAnswer("node1", reachable=True, data=data))
    assert [one.name for one in found.containers] == ["cron", "nova_compute"]
    assert [one.well for one in found.containers] == [True, False]
    assert found.memory == (1, 2)


def test_why_nothing_is_known() -> None:
    assert understand(HostAnswer("node1", reachable=False, error="no answer")).error == "no answer"
    silent = HostAnswer("node1", reachable=True, data={"engine": "", "containers": []})
    assert understand(silent).error == "it has no container engine"
