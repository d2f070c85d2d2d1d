"""A host that is drained, that stays after all, and that leaves; against a cluster that does what it is told."""

from __future__ import annotations

import importlib
from typing import Any, Self

import pytest

leaving: Any = importlib.import_module("ceph_host_leaving")
CephError: Any = importlib.import_module("ceph_session").CephError


class Cluster:
    """node1 with osd.0 and node3 with osd.2, a monitor and a manager each; a session of itself."""

    def __init__(self) -> None:
        self.labels: dict[str, list[str]] = {"node1": ["_admin", "mon"], "node3": ["mon"]}
        self.osds: dict[str, dict[int, int]] = {"node1": {0: 33}, "node3": {2: 33}}
        self.daemons = {"node1": ["mon.node1", "osd.0"], "node3": ["mgr.node3.abc", "mon.node3", "osd.2"]}
        self.removing: list[int] = []
        self.done: list[tuple[str, dict[str, object]]] = []
        self.silent = 0
        self.dies = False
        self.looks = 0
        self.failed = False
        self.archived: list[object] = []

    def __enter__(self) -> Self:
        return self

    def close(self) -> None:
        pass

    def text(self, prefix: str, **given: Any) -> str:
        self.done.append((prefix, {key: value for key, value in given.items() if key != "target"}))
        match prefix:
            case "orch host drain":
                self.labels[given["hostname"]] += ["_no_schedule", "_no_conf_keyring"]
            case "orch osd rm":
                self.removing += [int(osd) for osd in given["osd_id"]]
            case "orch osd rm stop":
                self.removing = []
            case "orch host label rm":
                self.labels[given["hostname"]].remove(given["label"])
            case "orch host rm":
                del self.labels[given["hostname"]]
                if given.get("offline"):
                    self.osds[given["hostname"]] = {}
                self.failed = self.dies
            case "osd crush rm":
                del self.osds[given["name"]]
            case "mgr fail":
                self.failed = False
            case "crash archive":
                self.archived.append(given["id"])
        return ""

    def call(self, prefix: str, **given: Any) -> Any:
        if self.silent:
            self.silent -= 1
            raise CephError("no answer")
        answers = {
            "orch host ls": self._hosts,
            "osd tree": self._tree,
            "orch osd rm status": self._removals,
            "osd df": self._usage,
            "health": self._health,
            "crash ls-new": self._crashes,
        }
        if prefix == "orch ps":
            return self._daemons(**given)
        if prefix in answers:
            return answers[prefix]()
        return {"active_name": "node1.xyz", "available": True} if prefix == "mgr dump" else {}

    def _hosts(self) -> Any:
        return [{"hostname": name, "labels": labels} for name, labels in self.labels.items()]

    def _tree(self) -> Any:
        return {"nodes": [{"type": "host", "name": name, "children": list(of)} for name, of in self.osds.items()]}

    def _removals(self) -> Any:
        return [{"osd_id": osd} for osd in self.removing] or "No OSD remove/replace operations reported"

    def _usage(self) -> Any:
        return {"nodes": [{"id": osd, "pgs": pgs} for of in self.osds.values() for osd, pgs in of.items()]}

    def _health(self) -> Any:
        message = "Module 'cephadm' has failed: 'node3'"
        return {"checks": {"MGR_MODULE_ERROR": {"summary": {"message": message}}} if self.failed else {}}

    def _crashes(self) -> Any:
        mine = [{"crash_id": "new", "mgr_module": "cephadm"}] if self.dies and "node3" not in self.labels else []
        return [{"crash_id": "old", "mgr_module": "cephadm"}, {"crash_id": "osd"}, *mine]

    def _daemons(self, *, refresh: bool = False, hostname: str = "", **_more: object) -> Any:
        self.looks += refresh
        return [
            {"daemon_name": name, "daemon_type": name.split(".")[0], "last_refresh": str(self.looks)}
            for host, names in self.daemons.items()
            if hostname in ("", host)
            for name in names
        ]

    def told(self) -> list[str]:
        return [prefix for prefix, _ in self.done]


class Clock:
    """Time that passes by sleeping; something may happen at each sleep."""

    def __init__(self, *happens: Any) -> None:
        self.at = 0.0
        self.happens = list(happens)

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds
        if self.happens:
            self.happens.pop(0)()


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


def test_a_drain_is_begun_with_the_osds_that_the_orchestrators_list_misses(cluster: Cluster) -> None:
    assert leaving.begin_drain(cluster, "node3", check=False) == ["drain node3, OSDs 2"]
    assert cluster.done == [
        ("orch host drain", {"hostname": "node3", "force": True}),
        ("orch osd rm", {"osd_id": ["2"]}),
    ]


def test_a_drain_that_goes_on_is_not_begun_again(cluster: Cluster) -> None:
    leaving.begin_drain(cluster, "node3", check=False)
    cluster.done.clear()
    assert leaving.begin_drain(cluster, "node3", check=False) == []
    assert cluster.done == []


def test_check_mode_says_it_alone(cluster: Cluster) -> None:
    assert leaving.begin_drain(cluster, "node3", check=True) == ["drain node3, OSDs 2"]
    assert leaving.remove_host(cluster, "node3", offline=True, check=True, sleep=Clock().sleep) == [
        "take node3 out of the orchestrator's hosts",
        "purge OSDs 2",
        "take node3 out of the CRUSH map",
    ]
    assert cluster.done == []


def test_hosts_that_the_orchestrator_does_not_have(cluster: Cluster) -> None:
    for call in (leaving.begin_drain, leaving.take_back_drain):
        with pytest.raises(CephError, match="the orchestrator has no host node9"):
            call(cluster, "node9", check=False)


def test_the_wait_ends_when_osds_and_daemons_are_gone(cluster: Cluster) -> None:
    def moved() -> None:
        cluster.osds["node3"][2] = 0

    def purged() -> None:
        cluster.osds["node3"] = {}
        cluster.daemons["node3"] = ["mon.node3"]

    clock = Clock(moved, purged, lambda: cluster.daemons.update(node3=[]))
    seconds = leaving.wait_until_empty(lambda: cluster, "node3", now=clock.now, sleep=clock.sleep)
    assert seconds == clock.at > 0


def test_a_cluster_that_is_silent_meanwhile_is_asked_again(cluster: Cluster) -> None:
    cluster.silent = 3
    cluster.osds["node3"], cluster.daemons["node3"] = {}, []
    clock = Clock()
    assert leaving.wait_until_empty(lambda: cluster, "node3", now=clock.now, sleep=clock.sleep) > 0


def test_a_drain_that_stalls_says_what_is_left_and_why(cluster: Cluster) -> None:
    cluster.failed = True
    clock = Clock()
    with pytest.raises(leaving.StalledError) as caught:
        leaving.wait_until_empty(lambda: cluster, "node3", stall_seconds=60, now=clock.now, sleep=clock.sleep)
    assert str(caught.value) == (
        "nothing has moved off node3 for 1 minutes: osd.2 holds 33 placement groups; mgr.node3.abc is still there; "
        "mon.node3 is still there. Ceph says: MGR_MODULE_ERROR: Module 'cephadm' has failed: 'node3'"
    )


def test_a_cluster_that_never_answers(cluster: Cluster) -> None:
    cluster.silent = 10**6
    clock = Clock()
    with pytest.raises(CephError, match="the cluster hasn't answered for 1 minutes: no answer"):
        leaving.wait_until_empty(lambda: cluster, "node3", stall_seconds=60, now=clock.now, sleep=clock.sleep)


def test_a_drain_is_taken_back(cluster: Cluster) -> None:
    leaving.begin_drain(cluster, "node3", check=False)
    assert leaving.take_back_drain(cluster, "node3", check=False) == [
        "keep OSDs 2 of node3",
        "take the label _no_schedule off node3",
        "take the label _no_conf_keyring off node3",
    ]
    assert leaving.take_back_drain(cluster, "node3", check=False) == []


def test_a_drained_host_leaves(cluster: Cluster) -> None:
    cluster.osds["node3"], cluster.daemons["node3"] = {}, []
    clock = Clock(*[lambda: None] * 3, lambda: setattr(cluster, "looks", 5))
    assert leaving.remove_host(cluster, "node3", offline=False, check=False, sleep=clock.sleep) == [
        "take node3 out of the orchestrator's hosts",
        "take node3 out of the CRUSH map",
    ]
    assert cluster.looks == 5
    assert leaving.remove_host(cluster, "node3", offline=False, check=False, sleep=clock.sleep) == []


def test_what_is_still_on_a_host_keeps_it(cluster: Cluster) -> None:
    with pytest.raises(CephError, match="OSDs 2 are still on node3"):
        leaving.remove_host(cluster, "node3", offline=False, check=False, sleep=Clock().sleep)
    cluster.osds["node3"] = {}
    with pytest.raises(CephError, match=r"mgr.node3.abc, mon.node3, osd.2 still run on node3"):
        leaving.remove_host(cluster, "node3", offline=False, check=False, sleep=Clock().sleep)
    assert cluster.done == []


def test_an_orchestrator_that_dies_of_the_removal_is_followed_by_a_standby(cluster: Cluster) -> None:
    cluster.osds["node3"], cluster.daemons["node3"], cluster.dies = {}, [], True
    changes = leaving.remove_host(cluster, "node3", offline=False, check=False, sleep=Clock().sleep)
    assert "let a standby take over from the active manager, whose orchestrator had died of the removal" in changes
    assert "mgr fail" in cluster.told()
    assert cluster.archived == ["new"]
