"""What a plan compares besides what hosts say: keys that are handed over, and what steps left in a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.errors import InputError
from groundplane.layers import handovers, standing
from groundplane.layers.handovers import HandedOver
from groundplane.layers.loading import load_graph
from groundplane.plan import survey as survey_module
from groundplane.plan.model import HostAction, HostProbe
from groundplane.plan.survey import survey
from tests.unit.layers.small_site import SmallSite, layer
from tests.unit.plan.memory_store import MemoryStore

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.layers.model import Handover
    from groundplane.plan.model import Plan, PlannedHost

KEY = "AQAnotAkeyButLongEnough=="


class Surveyed:
    """A site with a step that gets glance's key; asking for it gives `keys`, or fails where that is None."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        layers = {"ceph": layer({"users": {"hosts": "node1"}}), "upper": layer({"glance": {"handover": ["ceph"]}})}
        self.site = SmallSite(folder, {"layers": layers}).load()
        self.graph = load_graph(self.site)
        self.store = MemoryStore()
        self.keys: dict[str, str] | None = {"client.glance": KEY}
        self.watched: dict[str, str] | None = {"watch list": "w"}
        self.asked = 0
        monkeypatch.setattr(handovers, "fetch", self._fetch)
        monkeypatch.setattr(standing, "ask", lambda *_args: {})
        monkeypatch.setattr(survey_module, "probe_hosts", self._probe)

    def _fetch(self, _site: object, _connection: object, _handover: Handover) -> HandedOver:
        self.asked += 1
        if self.keys is None:
            raise InputError("No host can speak for the cluster")
        return HandedOver({}, self.keys)

    def _probe(self, _site: object, hosts: Any, _connection: object, **_more: Any) -> dict[str, HostProbe]:
        steps = {} if self.watched is None else {"upper.glance": self.watched}
        return {host: HostProbe(host=host, reachable=True, user="op", steps=steps) for host in hosts}

    def plan(self) -> Plan:
        return survey(self.site, self.graph, self.store, cast("Any", object()), selection=["upper.glance"])[0]

    def host(self) -> PlannedHost:
        return self.plan().steps[-1].hosts[0]

    def applied(self) -> None:
        """As the engine leaves it: the watched items, and a digest for each key."""
        from groundplane.plan.besides import handover_items  # noqa: PLC0415

        handed = handover_items(self.site, "ceph", HandedOver({}, self.keys or {}))
        self.store.succeed(self.plan(), {**(self.watched or {}), **handed})


@pytest.fixture
def surveyed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Surveyed:
    return Surveyed(tmp_path, monkeypatch)


def test_the_same_key_is_no_work_and_no_digest_tells_it(surveyed: Surveyed) -> None:
    surveyed.applied()
    assert surveyed.host().action is HostAction.UP_TO_DATE
    assert KEY not in surveyed.plan().model_dump_json()
    state = surveyed.store.kept["upper.glance", "node1"].state
    assert state is not None
    assert KEY not in str(state)


def test_another_key_is_work(surveyed: Surveyed) -> None:
    surveyed.applied()
    surveyed.keys = {"client.glance": "another"}
    assert surveyed.host().reasons[0].details == ("the key of client.glance from ceph is another one",)
    surveyed.keys = {}
    assert surveyed.host().reasons[0].details == ("the key of client.glance from ceph is no longer handed over",)


def test_where_nobody_can_be_asked_keys_count_as_they_were(surveyed: Surveyed) -> None:
    surveyed.applied()
    surveyed.keys = None
    assert surveyed.host().action is HostAction.UP_TO_DATE


def test_a_lost_watch_list_is_still_told(surveyed: Surveyed) -> None:
    surveyed.applied()
    surveyed.watched = None
    assert surveyed.host().reasons[0].details == ("the watch list is missing",)


def test_nobody_is_asked_for_steps_that_get_nothing(surveyed: Surveyed) -> None:
    survey(surveyed.site, surveyed.graph, surveyed.store, cast("Any", object()), selection=["ceph"])
    assert surveyed.asked == 0


class InACluster:
    """A site whose step ceph.pools left a pool in a cluster; asking gives `pool`, or fails where that is None."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.site = SmallSite(folder, {"layers": {"ceph": layer({"pools": {"hosts": "node1"}})}}).load()
        self.graph = load_graph(self.site)
        self.store = MemoryStore()
        self.pool: str | None = "3 copies"
        self.asked = 0
        monkeypatch.setattr(standing, "ask", self._ask)
        monkeypatch.setattr(survey_module, "probe_hosts", self._probe)

    def _ask(self, _site: object, _connection: object, steps: list[str]) -> dict[str, dict[str, str]]:
        self.asked += len(steps)
        if self.pool is None:
            raise InputError("No host can speak for the cluster")
        return {step: {"cluster's pool images": self.pool} for step in steps}

    def _probe(self, _site: object, hosts: Any, _connection: object, **_more: Any) -> dict[str, HostProbe]:
        steps = {"ceph.pools": {"watch list": "w"}}
        return {host: HostProbe(host=host, reachable=True, user="op", steps=steps) for host in hosts}

    def plan(self) -> Plan:
        return survey(self.site, self.graph, self.store, cast("Any", object()))[0]


@pytest.fixture
def in_a_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InACluster:
    return InACluster(tmp_path, monkeypatch)


def test_what_changed_in_a_cluster_is_work(in_a_cluster: InACluster) -> None:
    in_a_cluster.store.succeed(in_a_cluster.plan(), {"watch list": "w", "cluster's pool images": "3 copies"})
    assert not in_a_cluster.plan().has_work()
    in_a_cluster.pool = "missing"
    (reason,) = in_a_cluster.plan().steps[0].hosts[0].reasons
    assert reason.details == ("cluster's pool images is missing, was 3 copies",)
    in_a_cluster.pool = None
    assert not in_a_cluster.plan().has_work()


def test_nothing_is_asked_of_a_cluster_that_is_not_there_yet(in_a_cluster: InACluster) -> None:
    in_a_cluster.plan()
    assert in_a_cluster.asked == 0


def test_what_nobody_looked_at_before_is_told(in_a_cluster: InACluster) -> None:
    in_a_cluster.store.succeed(in_a_cluster.plan(), {"watch list": "w"})
    (reason,) = in_a_cluster.plan().steps[0].hosts[0].reasons
    assert reason.details == ("cluster's pool images was not looked at before",)
