"""Waiting for a cluster's state, with answers as a cluster of three nodes gave them."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

waiting: Any = importlib.import_module("ceph_waiting")
session_module: Any = importlib.import_module("ceph_session")

IMAGE = "registry.test:5000/groundplane/ceph@sha256:" + "a" * 64


def answers(**changed: Any) -> dict[str, Any]:
    healthy: dict[str, Any] = {
        "status": {
            "health": {"status": "HEALTH_OK", "checks": {}},
            "quorum_names": ["node1", "node2", "node3"],
            "pgmap": {"pgs_by_state": [{"state_name": "active+clean", "count": 33}]},
        },
        "quorum_status": {"quorum_names": ["node1", "node2", "node3"]},
        "mgr dump": {"available": True, "active_name": "node1.a", "standbys": [{"name": "node2.b"}]},
        "osd dump": {"osds": [{"osd": 0, "up": 1, "in": 1}, {"osd": 1, "up": 1, "in": 1}]},
        "osd metadata": [{"id": 0, "container_image": IMAGE}, {"id": 1, "container_image": IMAGE}],
        "mgr metadata": [{"name": "node1.a", "container_image": IMAGE}, {"name": "gone.c", "container_image": IMAGE}],
        "orch ps": [
            {"daemon_type": "crash", "daemon_name": "crash.node1", "status": 1, "container_image_name": IMAGE},
            {"daemon_type": "crash", "daemon_name": "crash.node2", "status": 0, "container_image_name": IMAGE},
        ],
        "orch status": {"available": True},
    }
    return {**healthy, **changed}


class FakeSession:
    """Answers from a table; an exception in it is raised."""

    def __init__(self, table: dict[str, Any]) -> None:
        self.table = table
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.closed = False

    def __enter__(self) -> FakeSession:
        return self

    def call(self, prefix: str, **arguments: Any) -> Any:
        self.asked.append((prefix, arguments))
        answer = self.table[prefix]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        self.closed = True


class Clock:
    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def missing(table: dict[str, Any], **wanted: Any) -> list[str]:
    found: list[str] = waiting.still_missing(FakeSession(table), waiting.Wanted(**wanted))
    return found


def test_nothing_is_missing_of_a_healthy_cluster() -> None:
    wanted = {
        "quorum": ["node1", "node3"],
        "quorum_size": 3,
        "mgr_active": True,
        "mgr_standbys": 1,
        "osds_up": [0],
        "osds_in": [1],
        "all_osds_up": True,
        "pgs_clean": True,
        "daemons": ["osd.0", "mgr.node1.a", "crash.node1"],
        "image": IMAGE,
        "health": "HEALTH_OK",
        "orchestrator": True,
    }
    assert missing(answers(), **wanted) == []


@pytest.mark.parametrize(
    ("changed", "wanted", "said"),
    [
        ({}, {"quorum": ["node4"]}, "the monitor node4 isn't in the quorum"),
        ({}, {"quorum_size": 5}, "3 of 5 monitors are in the quorum"),
        ({"mgr dump": {"available": False, "active_name": "x"}}, {"mgr_active": True}, "no manager is active"),
        ({}, {"mgr_standbys": 2}, "1 of 2 managers stand by"),
        ({"osd dump": {"osds": [{"osd": 7, "up": 0, "in": 1}]}}, {"all_osds_up": True}, "osd.7 isn't up"),
        ({"osd dump": {"osds": [{"osd": 7, "up": 1, "in": 0}]}}, {"osds_in": [7]}, "osd.7 isn't in"),
        ({}, {"daemons": ["mgr.gone.c"]}, "mgr.gone.c doesn't run"),
        ({}, {"daemons": ["crash.node2"]}, "crash.node2 doesn't run"),
        ({}, {"daemons": ["osd.1"], "image": "other"}, f"osd.1 runs {IMAGE}"),
        ({"orch status": {"available": False}}, {"orchestrator": True}, "the orchestrator isn't available"),
    ],
)
def test_what_is_missing_is_said(changed: dict[str, Any], wanted: dict[str, Any], said: str) -> None:
    assert missing(answers(**changed), **wanted) == [said]


@pytest.mark.parametrize(
    ("state", "clean"),
    [
        ("active+clean", True),
        ("active+clean+scrubbing+deep", True),
        ("active+clean+snaptrim", True),
        ("active+undersized+degraded", False),
        ("stale+active+clean", False),
        ("active+clean+inconsistent", False),
        ("unknown", False),
    ],
)
def test_which_placement_groups_are_clean(state: str, clean: bool) -> None:
    status = {"pgmap": {"pgs_by_state": [{"state_name": state, "count": 2}]}}
    assert waiting.unclean_groups(status) == ([] if clean else [f"2 placement groups are {state}"])


def test_health_checks_that_do_not_count_are_left_out() -> None:
    checks = {
        "OSDMAP_FLAGS": {"severity": "HEALTH_WARN", "summary": {"message": "noout flag(s) set"}},
        "MON_DISK_LOW": {"severity": "HEALTH_WARN", "summary": {"message": "mon is low on available space"}},
    }
    table = answers()
    table["status"]["health"] = {"status": "HEALTH_WARN", "checks": checks}
    assert missing(table, health="HEALTH_WARN") == []
    assert missing(table, health="HEALTH_OK", ignore_checks=["MON_DISK_LOW"]) == ["OSDMAP_FLAGS: noout flag(s) set"]


def test_a_broken_session_is_made_again() -> None:
    broken = FakeSession(answers(status=session_module.CephError("gone")))
    sessions = [broken, FakeSession(answers())]
    clock = Clock()
    waited = waiting.wait_for(
        lambda: sessions.pop(0), waiting.Wanted(quorum_size=3), seconds=30, now=clock.now, sleep=clock.sleep
    )
    assert waited.missing == []
    assert broken.closed


def test_a_state_has_to_last() -> None:
    clock = Clock()
    table = answers()
    session = FakeSession(table)

    def flicker(seconds: float) -> None:
        clock.sleep(seconds)
        bad = 102 <= clock.now() < 103.5
        table["status"]["quorum_names"] = ["node1"] if bad else ["node1", "node2", "node3"]

    waited = waiting.wait_for(
        lambda: session,
        waiting.Wanted(quorum_size=3),
        seconds=60,
        steady_seconds=6,
        now=clock.now,
        sleep=flicker,
    )
    assert waited.missing == []
    assert waited.seconds >= 9


def test_time_runs_out_with_a_sentence() -> None:
    clock = Clock()
    waited = waiting.wait_for(
        lambda: FakeSession(answers()), waiting.Wanted(quorum_size=5), seconds=20, now=clock.now, sleep=clock.sleep
    )
    assert waited.missing == ["3 of 5 monitors are in the quorum"]
    assert waited.sentence().startswith("After 2")


def test_the_orchestrators_list_is_refreshed_now_and_then() -> None:
    clock = Clock()
    session = FakeSession(answers())
    waiting.wait_for(
        lambda: session, waiting.Wanted(daemons=["crash.node9"]), seconds=40, now=clock.now, sleep=clock.sleep
    )
    refreshed = [arguments for prefix, arguments in session.asked if prefix == "orch ps" and arguments.get("refresh")]
    assert 2 <= len(refreshed) <= 4
