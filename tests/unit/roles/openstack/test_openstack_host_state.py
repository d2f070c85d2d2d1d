"""A host is asked, and answers are read, without Ansible."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

state: Any = import_module("openstack_host_state")


def answers(monkeypatch: pytest.MonkeyPatch, found: dict[str, tuple[int, str, str]]) -> None:
    """Programs answer what stands under the beginning of their words."""

    def run(*words: str, **_: Any) -> tuple[int, str, str]:
        line = " ".join(words)
        return next((answer for start, answer in found.items() if line.startswith(start)), (0, "", ""))

    monkeypatch.setattr(state, "run", run)


def test_interfaces_have_their_state_and_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    links = [
        {
            "ifname": "eth0",
            "flags": ["UP"],
            "operstate": "UP",
            "address": "02:00",
            "addr_info": [{"local": "10.0.0.1"}, {}],
        },
        {"ifname": "eth1", "flags": ["BROADCAST"], "operstate": "DOWN"},
    ]
    answers(monkeypatch, {"ip -json address": (0, json.dumps(links), "")})
    assert state.interfaces() == {
        "eth0": {"up": True, "mac": "02:00", "addresses": ["10.0.0.1"]},
        "eth1": {"up": False, "mac": "", "addresses": []},
    }


@pytest.mark.parametrize(
    ("line", "shared"),
    [("1 0 8:1 / / rw shared:1 - ext4 /dev/sda1 rw", True), ("1 0 8:1 / / rw - ext4 /dev/sda1 rw", False)],
)
def test_shared_mounts_are_seen(line: str, shared: bool) -> None:
    assert state.shares_mounts(f"{line}\n2 1 0:5 / /proc rw - proc proc rw\n") is shared


def test_images_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    images = ["registry/one@sha256:1", "registry/two@sha256:2"]
    said = "Error response from daemon: No such image: registry/two@sha256:2\n"
    answers(monkeypatch, {"docker image inspect": (1, "sha256:0\n", said)})
    assert state.missing_images(images) == ["registry/two@sha256:2"]
    assert state.missing_images([]) == []


def test_a_neighbour_that_answers_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "NEIGHBOUR_SECONDS", 0.3)
    links = {"lo": {"addresses": ["127.0.0.1"]}}
    answers(monkeypatch, {"ip -json neighbour": (0, '[{"dst": "127.0.0.9", "lladdr": "52:54:00:00:00:01"}]', "")})
    assert state.vip_answer("127.0.0.9", "lo", links)["mac"] in {"52:54:00:00:00:01", ""}
    answers(monkeypatch, {"ip -json neighbour": (0, '[{"dst": "127.0.0.9", "state": ["FAILED"]}]', "")})
    assert state.vip_answer("127.0.0.9", "lo", links) == {"here": "", "mac": ""}
    assert state.vip_answer("127.0.0.1", "lo", links) == {"here": "lo", "mac": ""}


def test_ceph_is_asked_where_a_monitor_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    health = {"status": "HEALTH_WARN", "checks": {"OSD_DOWN": {"summary": {"message": "1 osds down"}}}}
    answers(monkeypatch, {"docker ps": (0, "ceph-1-mon-a\n", ""), "docker exec": (0, json.dumps(health), "")})
    assert state.ceph_health() == {"status": "HEALTH_WARN", "problem": "", "checks": {"OSD_DOWN": "1 osds down"}}
    answers(monkeypatch, {"docker ps": (0, "ceph-1-mon-a\n", ""), "docker exec": (1, "", "one\ntimed out")})
    assert state.ceph_health()["problem"] == "timed out"
    answers(monkeypatch, {"docker ps": (0, "", "")})
    assert "no monitor" in state.ceph_health()["problem"]


def test_memory_and_room_are_measured(tmp_path: Path) -> None:
    assert state.memory_mb("MemTotal:       24684120 kB\n") == 24105
    assert state.memory_mb("") == 0
    assert state.free_mb(str(tmp_path / "not" / "there")) > 0
