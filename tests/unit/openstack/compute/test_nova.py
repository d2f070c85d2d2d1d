"""What is asked of Nova over its API."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
import requests

from groundplane.errors import FailedError
from groundplane.openstack.compute.nova import ComputeHost, Nova, Server

HOST = ComputeHost("node4", "s-1", up=True, enabled=True)


class Adapter:
    """Answers by method and path, and remembers what was asked."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, Any]] = []

    def _ask(self, method: str, path: str, more: dict[str, Any]) -> requests.Response:
        self.asked.append((f"{method} {path}", more.get("json") or more.get("params")))
        found = self.answers.get(f"{method} {path}", {})
        answer = requests.Response()
        answer.status_code, data = found if isinstance(found, tuple) else (200, found)
        answer._content = json.dumps(data).encode()
        answer.headers["content-type"] = "application/json"
        answer.url = path
        return answer

    def get(self, path: str, **more: Any) -> requests.Response:
        return self._ask("GET", path, more)

    def put(self, path: str, **more: Any) -> requests.Response:
        return self._ask("PUT", path, more)

    def post(self, path: str, **more: Any) -> requests.Response:
        return self._ask("POST", path, more)


class Cloud:
    def __init__(self, answers: dict[str, Any]) -> None:
        self.compute = self.placement = Adapter(answers)


def nova(answers: dict[str, Any]) -> tuple[Nova, Adapter]:
    cloud = Cloud(answers)
    return Nova(cast("Any", cloud)), cloud.compute


def test_hosts_and_servers() -> None:
    service = {"host": "node4", "id": "s-1", "state": "up", "status": "disabled", "disabled_reason": "x"}
    raw = {
        "id": "a",
        "name": "web",
        "status": "ACTIVE",
        "OS-EXT-SRV-ATTR:host": "node4",
        "OS-EXT-STS:task_state": None,
        "flavor": {"vcpus": 2, "ram": 512},
    }
    asked, adapter = nova({"GET /os-services": {"services": [service]}, "GET /servers/detail": {"servers": [raw]}})
    assert asked.hosts() == (ComputeHost("node4", "s-1", up=True, enabled=False, reason="x"),)
    assert asked.servers("node4") == (Server("a", "web", "node4", "ACTIVE", vcpus=2, ram_mb=512),)
    assert adapter.asked[1] == ("GET /servers/detail", {"all_tenants": 1, "limit": 500, "host": "node4"})


def test_a_server_that_is_gone() -> None:
    asked, _ = nova({"GET /servers/a": (404, {"itemNotFound": {"message": "no"}})})
    assert asked.server("a") is None


def test_what_changes() -> None:
    asked, adapter = nova({})
    one = Server("a", "web", "node4", "ACTIVE")
    asked.set_enabled(HOST, enabled=False, reason="x" * 300)
    asked.set_forced_down(HOST, down=True)
    for do in (asked.live_migrate, asked.migrate, asked.confirm, asked.evacuate, asked.start):
        do(one)
    bodies = [body for _, body in adapter.asked]
    assert bodies[:2] == [{"status": "disabled", "disabled_reason": "x" * 255}, {"forced_down": True}]
    assert [next(iter(body)) for body in bodies[2:]] == [
        "os-migrateLive",
        "migrate",
        "confirmResize",
        "evacuate",
        "os-start",
    ]


def test_a_refusal_says_what_nova_said() -> None:
    asked, _ = nova({"POST /servers/a/action": (409, {"conflictingRequest": {"message": "it is locked"}})})
    with pytest.raises(FailedError, match="web \\(a\\) can't be live-migrated") as refused:
        asked.live_migrate(Server("a", "web", "node4", "ACTIVE"))
    assert "it is locked" in refused.value.why


def test_why_something_failed() -> None:
    events = [{"result": "Success"}, {"result": "Error", "details": "No valid host", "traceback": None}]
    asked, _ = nova(
        {
            "GET /servers/a/os-instance-actions": {"instanceActions": [{"request_id": "r"}]},
            "GET /servers/a/os-instance-actions/r": {"instanceAction": {"events": events}},
        }
    )
    assert asked.why(Server("a", "web", "node4", "ACTIVE")) == "No valid host"
    assert asked.why(Server("a", "web", "node4", "ERROR", fault="no disk")) == "no disk"


def test_room() -> None:
    inventories = {"VCPU": {"total": 4, "reserved": 1, "allocation_ratio": 2.0}}
    asked, _ = nova(
        {
            "GET /resource_providers": {
                "resource_providers": [{"uuid": "p", "name": "node4"}, {"uuid": "q", "parent_provider_uuid": "p"}]
            },
            "GET /resource_providers/p/inventories": {"inventories": inventories},
            "GET /resource_providers/p/usages": {"usages": {"VCPU": 3}},
        }
    )
    found = asked.room()
    assert (found["node4"].used, found["node4"].total) == ({"VCPU": 3}, {"VCPU": 6})
