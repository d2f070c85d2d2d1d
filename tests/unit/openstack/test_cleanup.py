from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.errors import InputError
from groundplane.layers.loading import load_graph
from groundplane.openstack.cleanup import plan_cleanup, switched_off
from groundplane.openstack.registered import Entry
from groundplane.plan.model import Leftover
from tests.unit.kolla.kolla_site import make_kolla_site

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundplane.layers.model import Graph
    from groundplane.site.site import Site

__all__ = ["make_kolla_site"]


@pytest.fixture
def site(make_kolla_site: Callable[..., Site]) -> Site:
    return make_kolla_site()


@pytest.fixture
def graph(site: Site) -> Graph:
    return load_graph(site)


def left(step: str, host: str, *containers: str) -> Leftover:
    return Leftover(step=f"openstack.{step}", host=host, containers=containers)


HEAT = [left("heat", host, "heat_api", "heat_engine") for host in ("node1", "node2")]
BACKUP = left("cinder", "node1", "cinder_backup")


def test_what_goes_is_named_by_host_and_a_service_that_is_no_more_takes_its_watch_list_along(
    site: Site, graph: Graph
) -> None:
    operation = plan_cleanup(site, graph, [*HEAT, BACKUP])
    assert operation.lines == (
        "heat_api, heat_engine of openstack.heat are taken off node1, node2",
        "cinder_backup of openstack.cinder is taken off node1",
    )
    (stage,) = operation.stages
    assert stage.playbook is not None
    assert stage.playbook.is_file()
    assert stage.hosts == ("node1", "node2")
    assert stage.variables["openstack_leftovers"]["node1"] == {
        "containers": ["cinder_backup", "heat_api", "heat_engine"],
        "steps": ["openstack.heat"],
    }
    assert "heat" in operation.warnings[0]
    assert "cinder" not in operation.warnings[0]


def test_single_services_are_chosen_by_name(site: Site, graph: Graph) -> None:
    (stage,) = plan_cleanup(site, graph, [*HEAT, BACKUP], ["cinder"]).stages
    assert stage.variables["openstack_leftovers"] == {"node1": {"containers": ["cinder_backup"], "steps": []}}
    with pytest.raises(InputError) as told:
        plan_cleanup(site, graph, [*HEAT, BACKUP], ["haet"])
    assert "'heat'" in told.value.problems[0].cure


def test_the_catalogue_comes_first_and_only_of_services_that_run_nowhere(site: Site, graph: Graph) -> None:
    assert switched_off(graph, [*HEAT, BACKUP]) == ("heat",)
    operation = plan_cleanup(site, graph, HEAT, entries=[Entry("1", "heat", "orchestration")])
    assert operation.lines[0] == "Keystone's catalogue no longer lists heat (orchestration)"
    assert [stage.id for stage in operation.stages] == ["openstack.cleanup-catalogue", "openstack.cleanup"]


def test_nothing_left_over_is_nothing_to_do(site: Site, graph: Graph) -> None:
    assert plan_cleanup(site, graph, []).nothing
    assert plan_cleanup(site, graph, [Leftover(step="ceph.gateway", host="node1", containers=("x",))]).nothing


def test_a_host_that_leaves_and_a_member_of_a_cluster_have_their_own_way(site: Site, graph: Graph) -> None:
    with pytest.raises(InputError) as told:
        plan_cleanup(site, graph, [left("nova-cell", "manager", "nova_compute"), left("mariadb", "node4", "mariadb")])
    leaving, member = told.value.problems
    assert "node remove manager" in leaving.cure
    assert "node4 is a member of MariaDB's cluster" in member.what
