"""The orchestrator's upgrade, followed; with a cluster that upgrades a daemon at each look."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

upgrading: Any = importlib.import_module("ceph_upgrading")
lasting: Any = importlib.import_module("ceph_lasting")
image_module: Any = importlib.import_module("ceph_image")
session_module: Any = importlib.import_module("ceph_session")

OLD = "registry.test:5000/groundplane/ceph@sha256:" + "a" * 64
NEW = "registry.test:5000/groundplane/ceph@sha256:" + "b" * 64


class Cluster:
    """Two OSDs and a crash collector; `event` may change things before an answer about the upgrade."""

    def __init__(self, event: Callable[[Cluster], None] | None = None) -> None:
        self.images = {"osd.0": OLD, "osd.1": OLD, "crash.node1": OLD}
        self.status: dict[str, Any] = {"in_progress": False, "target_image": None, "is_paused": False, "message": ""}
        self.types: list[str] = []
        self.told: list[str] = []
        self.checks: dict[str, Any] = {}
        self.event = event
        self.works = True
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def work(self) -> None:
        left = [name for name, image in self.images.items() if name.split(".")[0] in self.types and image != NEW]
        if left:
            self.images[left[0]] = NEW
        else:
            self.status = {**self.status, "in_progress": False}

    def call(self, prefix: str, **_: Any) -> Any:
        if prefix == "orch upgrade status":
            if self.event is not None:
                self.event(self)
            if self.status["in_progress"] and not self.status["is_paused"] and self.works:
                self.work()
            return dict(self.status)
        if prefix == "orch ps":
            return [
                {"daemon_name": name, "daemon_type": name.split(".")[0], "status": 1, "container_image_name": image}
                for name, image in self.images.items()
            ]
        if prefix == "osd metadata":
            return [{"id": id_, "container_image": self.images[f"osd.{id_}"]} for id_ in (0, 1)]
        if prefix == "osd dump":
            return {"osds": [{"osd": 0, "up": 1}, {"osd": 1, "up": 1}]}
        return {"checks": self.checks}

    def text(self, prefix: str, **arguments: Any) -> str:
        self.told.append(prefix)
        if prefix == "orch upgrade start":
            self.types = arguments["daemon_types"].split(",")
            self.status = {**self.status, "in_progress": True, "target_image": arguments["image"]}
        self.status["is_paused"] = prefix == "orch upgrade pause"
        return ""


def follow(cluster: Cluster, *types: str, **options: Any) -> Any:
    follower = upgrading.Follower(cluster, types or ("osd",), NEW, now=cluster.now, sleep=cluster.sleep, **options)
    follower.run()
    return follower


def test_only_the_types_that_were_asked_for() -> None:
    cluster = Cluster()
    assert follow(cluster).changes == ["osd.0 runs the new image", "osd.1 runs the new image"]
    assert cluster.images["crash.node1"] == OLD
    assert cluster.told == ["orch upgrade start"]


def test_nothing_is_told_where_all_run_it() -> None:
    cluster = Cluster()
    cluster.images = dict.fromkeys(cluster.images, NEW)
    assert follow(cluster).changes == []
    assert cluster.told == []


def test_a_paused_one_goes_on() -> None:
    cluster = Cluster()
    cluster.types = ["osd"]
    cluster.status = {"in_progress": True, "target_image": NEW, "is_paused": True, "message": ""}
    follow(cluster)
    assert cluster.told == ["orch upgrade resume"]
    assert cluster.images["osd.1"] == NEW


def test_what_was_under_way_for_other_types_is_finished_first() -> None:
    cluster = Cluster()
    cluster.types = ["crash"]
    which = "Upgrading daemons of type(s) crash"
    cluster.status = {"in_progress": True, "target_image": NEW, "is_paused": True, "message": "", "which": which}
    assert follow(cluster).changes == ["osd.0 runs the new image", "osd.1 runs the new image"]
    assert cluster.told == ["orch upgrade resume", "orch upgrade start"]
    assert set(cluster.images.values()) == {NEW}


def test_what_somebody_stops_is_not_begun_again() -> None:
    cluster = Cluster()
    cluster.types = ["crash"]
    which = "Upgrading daemons of type(s) crash"
    cluster.status = {"in_progress": True, "target_image": NEW, "is_paused": False, "message": "", "which": which}
    cluster.works = False
    asked = 0

    def event(one: Cluster) -> None:
        nonlocal asked
        asked += 1
        if asked > 1:
            stop(one)

    cluster.event = event
    with pytest.raises(upgrading.UpgradeStoppedError, match=r"crash\.node1 still run another image"):
        follow(cluster)
    assert cluster.told == []


def test_one_to_another_image_is_left_alone() -> None:
    cluster = Cluster()
    cluster.works = False
    cluster.status = {"in_progress": True, "target_image": OLD, "is_paused": False, "message": ""}
    with pytest.raises(upgrading.UpgradeStoppedError, match="Another upgrade is under way"):
        follow(cluster)
    assert cluster.told == []


def pause(cluster: Cluster) -> None:
    if cluster.status["in_progress"]:
        cluster.status["is_paused"] = True


def stop(cluster: Cluster) -> None:
    cluster.status["in_progress"] = False


def fail(cluster: Cluster) -> None:
    pause(cluster)
    detail = [{"message": "Upgrade daemon: osd.0: cephadm exited with 1"}]
    cluster.checks = {"UPGRADE_REDEPLOY_DAEMON": {"detail": detail}}


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (pause, "Somebody paused the upgrade"),
        (stop, "osd.0, osd.1 still run another image: it was stopped"),
        (fail, "UPGRADE_REDEPLOY_DAEMON: Upgrade daemon: osd.0: cephadm exited with 1"),
    ],
)
def test_what_ends_it_early_is_said(event: Callable[[Cluster], None], said: str) -> None:
    with pytest.raises(upgrading.UpgradeStoppedError) as stopped:
        follow(Cluster(event))
    assert said in str(stopped.value)


def test_where_nothing_goes_on_it_is_paused() -> None:
    cluster = Cluster()
    cluster.works = False
    cluster.checks = {"PG_DEGRADED": {"summary": {"message": "1 pgs degraded"}}}
    with pytest.raises(upgrading.UpgradeStoppedError, match="PG_DEGRADED: 1 pgs degraded"):
        follow(cluster, stall_seconds=60)
    assert cluster.told == ["orch upgrade start", "orch upgrade pause"]


class Broken:
    """A session that breaks with its first question."""

    def __init__(self, code: int = 0) -> None:
        self.code = code
        self.closed = False

    def __enter__(self) -> Broken:
        return self

    def call(self, prefix: str, **_: Any) -> Any:
        raise session_module.CephError(f"ceph {prefix}: gone", self.code)

    def close(self) -> None:
        self.closed = True


class Good(Broken):
    def call(self, prefix: str, **_: Any) -> Any:
        return prefix


def test_a_broken_session_is_made_again_and_a_refusal_is_not_repeated() -> None:
    clock = Cluster()
    broken = Broken()
    sessions = [broken, Good()]
    session = lasting.LastingSession(lambda: sessions.pop(0), now=clock.now, sleep=clock.sleep)
    assert session.call("status") == "status"
    assert broken.closed
    with pytest.raises(session_module.CephError):
        lasting.LastingSession(lambda: Broken(-22), now=clock.now, sleep=clock.sleep).call("status")
    with pytest.raises(session_module.CephError):
        lasting.LastingSession(Broken, now=clock.now, sleep=clock.sleep).call("status", patience=30)


@pytest.mark.parametrize(
    ("target", "running", "older", "said"),
    [
        ("18.2.7", ["18.2.7"], False, ""),
        ("19.2.1", ["17.2.7", "18.2.7"], False, ""),
        ("18.2.6", ["18.2.7"], True, ""),
        ("18.2.6", ["18.2.7"], False, "--allow-older"),
        ("17.2.9", ["18.2.7"], True, "can't go back to an older release"),
        ("20.1.0", ["17.2.7", "19.2.0"], False, "more than 2 releases"),
    ],
)
def test_versions_that_ceph_can_go_to(target: str, running: list[str], older: bool, said: str) -> None:
    if not said:
        image_module.check_version(target, running, allow_older=older)
        return
    with pytest.raises(image_module.RefusedError, match=said):
        image_module.check_version(target, running, allow_older=older)
