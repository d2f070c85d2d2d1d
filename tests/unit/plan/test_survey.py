"""A plan's questions to what isn't a host: the engine's own actions, and who vouches for images.lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from groundplane.errors import FailedError, InputError
from groundplane.layers.loading import load_graph
from groundplane.plan import survey as survey_module
from groundplane.plan.model import HostAction, HostProbe, ReasonKind
from groundplane.plan.planner import make_plan
from groundplane.plan.survey import survey
from tests.unit.layers.small_site import SmallSite
from tests.unit.plan.memory_store import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from groundplane.plan.model import Plan
    from groundplane.site.site import Site


class Acting:
    """The action, with a state that a test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        layers = {"layers": {"supply": {"steps": {"images": {"action": "push_images", "hosts": "node1"}}}}}
        self.site = SmallSite(folder, layers).load()
        self.graph = load_graph(self.site)
        self.store = MemoryStore()
        self.now = {"what the registry lacks": "nothing"}
        monkeypatch.setattr(survey_module, "find_action", lambda _name: self)
        monkeypatch.setattr(survey_module, "probe_hosts", self._probe)

    def state(self, _site: Site) -> Mapping[str, str]:
        return self.now

    def _probe(self, _site: Site, hosts: Any, _connection: Any, **_more: Any) -> dict[str, HostProbe]:
        return {host: HostProbe(host=host, reachable=True, user="op") for host in hosts}

    def plan(self) -> Plan:
        return survey(self.site, self.graph, self.store, object())[0]  # type: ignore[arg-type]


def test_what_an_action_says_of_its_work_is_compared_with_what_it_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    acting = Acting(monkeypatch, tmp_path)
    (host,) = acting.plan().steps[0].hosts
    assert [reason.kind for reason in host.reasons] == [ReasonKind.NEVER_APPLIED]
    acting.store.succeed(acting.plan(), dict(acting.now))
    assert acting.plan().steps[0].hosts[0].action is HostAction.UP_TO_DATE
    acting.now = {"what the registry lacks": "nova-api"}
    (reason,) = acting.plan().steps[0].hosts[0].reasons
    assert reason.kind is ReasonKind.DRIFT
    assert reason.details == ("what the registry lacks is nova-api, was nothing",)
    without = make_plan(acting.site, acting.graph, acting.store)
    assert without.steps[0].hosts[0].action is HostAction.UP_TO_DATE


def test_where_nobody_can_be_asked_a_plan_tells_that_and_takes_the_rest_as_it_was(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    acting = Acting(monkeypatch, tmp_path)
    acting.store.succeed(acting.plan(), dict(acting.now))

    def unasked(_site: Site) -> Mapping[str, str]:
        raise FailedError("The cloud's API can't be reached from this machine")

    monkeypatch.setattr(acting, "state", unasked)
    (reason,) = acting.plan().steps[0].hosts[0].reasons
    assert reason.details == ("nobody can say how it stands: The cloud's API can't be reached from this machine",)


def test_an_action_that_was_never_carried_out_isnt_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    acting = Acting(monkeypatch, tmp_path)
    monkeypatch.setattr(acting, "state", None)
    (reason,) = acting.plan().steps[0].hosts[0].reasons
    assert reason.kind is ReasonKind.NEVER_APPLIED


def test_a_lock_that_nobody_vouches_for_is_refused_where_images_are_used(tmp_path: Path) -> None:
    layers = {
        "layers": {
            "g": {
                "steps": {"a": {"playbook": "g/a.yml"}, "b": {"playbook": "g/b.yml", "inputs": ["groundplane_images"]}}
            }
        }
    }
    site = SmallSite(tmp_path, layers).load()
    graph = load_graph(site)
    (site.path / "images.lock").write_text("format: 1\n")
    assert survey(site, graph, MemoryStore(), None, selection=["a"])[0].steps
    with pytest.raises(InputError, match=r"images\.lock"):
        survey(site, graph, MemoryStore(), None, selection=["b"])
    (site.path / "images.lock").unlink()
    assert survey(site, graph, MemoryStore(), None)[0].steps


def test_a_layer_that_cannot_be_as_the_site_wants_it_is_refused_before_anybody_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    acting = Acting(monkeypatch, tmp_path)
    asked: list[list[str]] = []

    def refuse(_site: Site, layers: list[str]) -> None:
        asked.append(layers)
        raise InputError("What the site asks for can't be")

    monkeypatch.setattr(survey_module, "refuse_senseless", refuse)
    monkeypatch.setattr(survey_module, "probe_hosts", None)
    with pytest.raises(InputError, match="can't be"):
        acting.plan()
    assert asked == [["supply"]]


def test_where_no_host_answers_it_is_the_hosts_that_failed_and_not_the_input(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    acting = Acting(monkeypatch, tmp_path)

    def away(_site: Site, hosts: Any, _connection: Any, **_more: Any) -> dict[str, HostProbe]:
        return {host: HostProbe(host=host, reachable=False, error="no answer") for host in hosts}

    monkeypatch.setattr(survey_module, "probe_hosts", away)
    with pytest.raises(FailedError, match="No host can be reached") as caught:
        acting.plan()
    assert caught.value.exit_code == 1
    assert caught.value.problems[0].what == "node1: no answer"
    assert "--no-probe" in caught.value.cure
