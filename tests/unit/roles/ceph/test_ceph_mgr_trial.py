"""One manager of a new image tried, with a cluster of three managers played by a table."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

trial_module: Any = importlib.import_module("ceph_manager_trial")
session_module: Any = importlib.import_module("ceph_session")

OLD = "registry.test:5000/groundplane/ceph@sha256:" + "a" * 64
NEW = "registry.test:5000/groundplane/ceph@sha256:" + "b" * 64


class Managers:
    """Three managers; `fault` is what the new image does: nothing, start, load, serve, silent."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.order = ["a", "b", "c"]
        """The active one, then those that stand by, longest first."""
        self.images = {"a": OLD, "b": OLD, "c": OLD}
        self.dead: set[str] = set()
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.time = 0.0
        self.settings: set[str] = set()
        self.crashes = [{"entity_name": "mgr.b", "crash_id": "crash1"}, {"entity_name": "osd.1", "crash_id": "crash2"}]

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def is_new(self, name: str) -> bool:
        return self.images[name] == NEW

    def modules(self, name: str) -> list[dict[str, Any]]:
        broken = self.fault == "load" and self.is_new(name)
        found = [{"name": "iostat", "can_run": True, "error_string": ""}]
        reason = "Traceback\nImportError: no module named x"
        return [*found, {"name": "cephadm", "can_run": not broken, "error_string": reason if broken else ""}]

    def call(self, prefix: str, **_: Any) -> Any:
        alive = [name for name in self.order if name not in self.dead]
        active = alive[0]
        if prefix == "mgr dump":
            standbys = [{"name": name, "available_modules": self.modules(name)} for name in alive[1:]]
            found = {"available": True, "active_name": active, "standbys": standbys}
            return {**found, "available_modules": self.modules(active)}
        if prefix == "mgr metadata":
            return [{"name": name, "container_image": image} for name, image in self.images.items()]
        if prefix == "mgr module ls":
            return {"always_on_modules": ["iostat"], "enabled_modules": ["cephadm"]}
        if prefix == "health":
            failing = self.fault == "serve" and self.is_new(active)
            detail = {"detail": [{"message": "Module 'cephadm' has failed: broken"}]}
            return {"checks": {"MGR_MODULE_ERROR": detail} if failing else {}}
        if prefix.startswith("orch") and self.fault == "silent" and self.is_new(active):
            raise session_module.CephError("ceph orch status: no answer", 0)
        answers: dict[str, Any] = {
            "orch status": {"available": True},
            "orch host ls": [{"hostname": "node1"}],
            "crash ls-new": self.crashes,
            "orch ps": [],
        }
        return answers[prefix]

    def text(self, prefix: str, **arguments: Any) -> str:
        self.told.append((prefix, arguments))
        if prefix == "orch daemon redeploy":
            name = arguments["name"].removeprefix("mgr.")
            self.images[name] = arguments["image"]
            self.settings.add(arguments["name"])
            self.dead.discard(name)
            if self.fault == "start" and arguments["image"] == NEW:
                self.dead.add(name)
        elif prefix == "mgr fail":
            self.order.remove(arguments["who"])
            self.order.append(arguments["who"])
        elif prefix == "config rm":
            self.settings.discard(arguments["who"])
        return ""


def run(cluster: Managers) -> Any:
    trial = trial_module.Trial(cluster, NEW, now=cluster.now, sleep=cluster.sleep)
    trial.run()
    return trial


def test_a_fit_manager_is_put_in_charge() -> None:
    cluster = Managers()
    trial = run(cluster)
    assert cluster.order[0] == "b"
    assert cluster.images == {"a": OLD, "b": NEW, "c": OLD}
    assert trial.changes == ["mgr.b of the new image is in charge, and the orchestrator answers from it"]
    assert cluster.time >= trial_module.STEADY_SECONDS


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("start", "didn't come up within 120 seconds"),
        ("load", "can't run its module cephadm (ImportError: no module named x)"),
        ("serve", "has failing modules (Module 'cephadm' has failed: broken)"),
        ("silent", "doesn't answer as the orchestrator"),
    ],
)
def test_an_unfit_one_is_taken_back_and_nothing_else_is_touched(fault: str, said: str) -> None:
    cluster = Managers(fault)
    with pytest.raises(trial_module.TrialFailedError) as failed:
        run(cluster)
    assert said in str(failed.value)
    assert "It was taken back" in str(failed.value)
    assert set(cluster.images.values()) == {OLD}
    assert cluster.order[0] != "b"
    assert cluster.settings == set()
    redeployed = {arguments["name"] for prefix, arguments in cluster.told if prefix == "orch daemon redeploy"}
    assert redeployed == {"mgr.b"}
    assert [arguments["id"] for prefix, arguments in cluster.told if prefix == "crash archive"] == ["crash1"]


def test_modules_that_never_ran_are_not_held_against_the_new_image() -> None:
    cluster = Managers()
    usual = cluster.modules

    def modules(name: str) -> list[dict[str, Any]]:
        return [{**one, "can_run": one["name"] != "iostat"} for one in usual(name)]

    cluster.modules = modules  # type: ignore[method-assign]
    run(cluster)
    assert cluster.order[0] == "b"


def test_a_killed_trial_goes_on_with_the_manager_that_it_had_chosen() -> None:
    cluster = Managers()
    cluster.images["c"] = NEW
    run(cluster)
    assert cluster.order[0] == "c"
    assert not [prefix for prefix, _ in cluster.told if prefix == "orch daemon redeploy"]


def test_a_manager_in_charge_is_looked_at_again_and_taken_back_where_it_fails() -> None:
    cluster = Managers("silent")
    cluster.images["a"] = NEW
    with pytest.raises(trial_module.TrialFailedError):
        run(cluster)
    assert cluster.images["a"] == OLD
    assert cluster.order[0] == "b"


def test_nothing_is_done_where_all_run_it() -> None:
    cluster = Managers()
    cluster.images = dict.fromkeys(cluster.images, NEW)
    run(cluster)
    assert cluster.told == []


def test_without_a_standby_there_is_no_trial() -> None:
    cluster = Managers()
    cluster.order, cluster.images = ["a"], {"a": OLD}
    with pytest.raises(session_module.CephError, match="No manager stands by"):
        run(cluster)
