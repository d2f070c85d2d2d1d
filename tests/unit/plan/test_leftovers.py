from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.layers.loading import load_graph
from groundplane.plan.leftovers import find_leftovers
from groundplane.plan.model import HostProbe, Leftover
from tests.unit.kolla.kolla_site import make_kolla_site
from tests.unit.run.builders import graph, step

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundplane.site.site import Site

__all__ = ["make_kolla_site"]

SITE = cast("Any", SimpleNamespace(file=SimpleNamespace(layers=("cloud",))))
GRAPH = graph(step("cloud.cinder"), hosts=("a", "b"))
HEAT = {"watch list": "1", "container heat_api": "running r/heat:1", "container heat_engine": "missing", "file /x": "y"}


def probe(host: str, containers: dict[str, str] | None = None, **steps: dict[str, str]) -> HostProbe:
    given = {f"cloud.{name}": items for name, items in steps.items()}
    return HostProbe(host=host, reachable=True, steps=given, containers=containers or {})


def test_containers_of_a_step_that_is_no_more_are_left_over() -> None:
    found = find_leftovers(SITE, GRAPH, {"a": probe("a", heat=HEAT)})
    assert found == (Leftover(step="cloud.heat", host="a", containers=("heat_api",)),)


def test_containers_of_a_step_that_a_host_doesnt_have_any_more_are_left_over() -> None:
    items = {"container cinder_api": "exited r/cinder:1"}
    found = find_leftovers(SITE, GRAPH, {"a": probe("a", cinder=items), "c": probe("c", cinder=items)})
    assert found == (Leftover(step="cloud.cinder", host="c", containers=("cinder_api",)),)


def test_other_layers_than_those_asked_for_are_left_out() -> None:
    answers = {"a": probe("a", heat=HEAT), "b": HostProbe(host="b", reachable=False, error="gone")}
    assert find_leftovers(SITE, GRAPH, answers, layers={"ground"}) == ()
    assert len(find_leftovers(SITE, GRAPH, answers, layers={"cloud"})) == 1


@pytest.fixture
def site(make_kolla_site: Callable[..., Site]) -> Site:
    return make_kolla_site(enable_cinder_backup=False)


def test_kollas_containers_are_left_over_where_no_switch_asks_for_them(site: Site) -> None:
    answer = HostProbe(
        host="node1",
        reachable=True,
        containers={
            "glance_api": "glance-api",
            "cinder_backup": "cinder-backup",
            "heat_api": "heat-api",
            "redis": "redis",
            "mine": "mine",
        },
        steps={
            "openstack.redis": {"container redis": "running r/redis"},
            "openstack.heat": {"container heat_api": "running r/heat"},
        },
    )
    found = find_leftovers(site, load_graph(site), {"node1": answer})
    assert [(left.step, left.containers) for left in found] == [
        ("openstack.cinder", ("cinder_backup",)),
        ("openstack.heat", ("heat_api",)),
        ("openstack.redis", ("redis",)),
    ]


def test_where_a_group_has_left_a_host_its_containers_are_left_over(site: Site) -> None:
    both = {"nova_compute": "nova-compute", "glance_api": "glance-api"}
    found = find_leftovers(
        site,
        load_graph(site),
        {host: HostProbe(host=host, reachable=True, containers=both) for host in ("node1", "node4")},
    )
    assert {(left.host, left.step) for left in found} == {
        ("node1", "openstack.nova-cell"),
        ("node4", "openstack.glance"),
    }
