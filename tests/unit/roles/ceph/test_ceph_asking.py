"""All that is asked of a cluster, and what becomes of a manager that says nothing."""

from __future__ import annotations

import importlib
from typing import Any

asking: Any = importlib.import_module("ceph_asking")
CephError: Any = importlib.import_module("ceph_session").CephError

IMAGE = "registry.test:5000/groundplane/ceph@sha256:" + "a" * 64


def about(**more: Any) -> dict[str, Any]:
    return {"hostname": "node1", "container_image": IMAGE, "ceph_version_short": "18.2.7", **more}


def table(**changed: Any) -> dict[str, Any]:
    def gateway(started: str, image: str = IMAGE) -> dict[str, Any]:
        return {"start_stamp": started, "metadata": about(id="main.node1.abc", container_image=image)}

    return {
        "mgr dump": {"available": True, "active_name": "node1.a"},
        "osd dump": {"osds": [{"osd": 0, "up": 1}, {"osd": 1, "up": 0}]},
        "status": {"pgmap": {}},
        "health": {"checks": {}},
        "quorum_status": {"quorum_names": ["node1"]},
        "time-sync-status": {},
        "mon metadata": [about(name="node1")],
        "mgr metadata": [about(name="node1.a")],
        "osd metadata": [about(id=0), about(id=1, hostname="node2")],
        "mds metadata": [],
        "service dump": {
            "services": {"rgw": {"daemons": {"summary": "", "1": gateway("1", "old"), "2": gateway("2")}}}
        },
        "orch status": {"available": True},
        "orch host ls": [{"hostname": "node1"}],
        "orch upgrade status": {"in_progress": False},
        "crash ls-new": [],
        **changed,
    }


class Session:
    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def call(self, prefix: str, **_: Any) -> Any:
        self.asked.append(prefix)
        answer = self.answers[prefix]
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_daemons_that_run_say_what_they_run() -> None:
    seen = asking.look(Session(table()))
    images = {daemon["name"]: daemon["image"] for daemon in seen.daemons}
    assert images == {
        "mon.node1": IMAGE,
        "mgr.node1.a": IMAGE,
        "osd.0": IMAGE,
        # Of one that is down only its place counts.
        "osd.1": "",
        # A gateway that was started again is in the list twice for a while.
        "rgw.main.node1.abc": IMAGE,
    }
    assert [osd["osd"] for osd in seen.osds] == [0, 1]
    assert seen.members == [{"hostname": "node1"}]


def test_without_a_manager_no_manager_is_asked() -> None:
    session = Session(table(**{"mgr dump": {"available": False}}))
    seen = asking.look(session)
    assert seen.orchestrator is None
    assert not [prefix for prefix in session.asked if prefix.startswith(("orch", "crash"))]


def test_a_manager_that_says_nothing_is_a_finding() -> None:
    seen = asking.look(Session(table(**{"orch status": CephError("ceph orch status: timed out", -110)})))
    assert seen.orchestrator == {"available": False, "reason": "ceph orch status: timed out"}


def test_an_orchestrator_without_a_backend_is_not_asked_for_hosts() -> None:
    session = Session(table(**{"orch status": {"available": False, "reason": "No orchestrator configured"}}))
    assert asking.look(session).members == ()
    assert "orch host ls" not in session.asked


def test_the_orchestrator_looks_again_at_a_host_that_is_back() -> None:
    hosts = [
        {"hostname": name, "status": status} for name, status in (("n1", ""), ("n2", "Offline"), ("n3", "Offline"))
    ]
    session = Session({"orch host ls": hosts, "cephadm check-host": "n2 ok"})
    assert asking.look_again(session, ["n1", "n2.example.org"]) == ["n2"]
    assert session.asked == ["orch host ls", "cephadm check-host"]


def test_an_orchestrator_that_says_nothing_is_not_waited_for() -> None:
    assert asking.look_again(Session({"orch host ls": CephError("no active mgr")}), ["n1"]) == []
