from __future__ import annotations

from groundplane.plan.leftovers import find_leftovers
from groundplane.plan.model import HostProbe, Leftover
from tests.unit.run.builders import graph, step


def probe(host: str, **steps: dict[str, str]) -> HostProbe:
    return HostProbe(host=host, reachable=True, steps={f"cloud.{name}": items for name, items in steps.items()})


HEAT = {"watch list": "1", "container heat_api": "running r/heat:1", "container heat_engine": "missing", "file /x": "y"}
GRAPH = graph(step("cloud.cinder"), hosts=("a", "b"))


def test_containers_of_a_step_that_is_no_more_are_left_over() -> None:
    found = find_leftovers(GRAPH, {"a": probe("a", heat=HEAT)})
    assert found == (Leftover(step="cloud.heat", host="a", containers=("heat_api",)),)


def test_containers_of_a_step_that_a_host_doesnt_have_any_more_are_left_over() -> None:
    items = {"container cinder_api": "exited r/cinder:1"}
    found = find_leftovers(GRAPH, {"a": probe("a", cinder=items), "c": probe("c", cinder=items)})
    assert found == (Leftover(step="cloud.cinder", host="c", containers=("cinder_api",)),)


def test_a_steps_own_list_names_those_that_were_switched_off() -> None:
    items = {"container cinder_api": "running r", "leftovers cloud.cinder": "cinder_backup, cinder_volume"}
    nothing = {"leftovers cloud.cinder": "none"}
    found = find_leftovers(GRAPH, {"a": probe("a", cinder=items), "b": probe("b", cinder=nothing)})
    assert found == (Leftover(step="cloud.cinder", host="a", containers=("cinder_backup", "cinder_volume")),)


def test_other_layers_than_those_asked_for_are_left_out() -> None:
    answers = {"a": probe("a", heat=HEAT), "b": HostProbe(host="b", reachable=False, error="gone")}
    assert find_leftovers(GRAPH, answers, layers={"ground"}) == ()
    assert len(find_leftovers(GRAPH, answers, layers={"cloud"})) == 1
