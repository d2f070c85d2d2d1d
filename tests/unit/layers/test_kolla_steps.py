from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.errors import InputError
from groundplane.layers.loading import load_graph
from groundplane.layers.model import Handover, Need
from tests.unit.kolla.kolla_site import GROUPS, make_kolla_site, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundplane.layers.model import Graph
    from groundplane.site.site import Site

__all__ = ["make_kolla_site"]


@pytest.fixture
def graph(make_kolla_site: Callable[..., Site]) -> Graph:
    return load_graph(make_kolla_site())


def needs(graph: Graph, name: str) -> dict[str, bool]:
    return {need.step: need.everywhere for need in graph.steps[f"openstack.{name}"].needs}


def test_a_service_is_a_step_on_the_hosts_of_its_groups(graph: Graph) -> None:
    step = graph.steps["openstack.keystone"]
    assert (step.service, step.playbook, step.action) == ("keystone", None, None)
    assert graph.hosts[step.id] == GROUPS["control"]
    assert set(graph.hosts["openstack.nova-cell"]) == {"node1", "node2", "node3", "node4", "node5"}
    assert "manager" not in graph.hosts["openstack.cron"]
    assert step.description


def test_what_is_asked_over_the_network_has_to_stand_everywhere(graph: Graph) -> None:
    assert needs(graph, "keystone")["openstack.mariadb"]
    assert not needs(graph, "keystone")["openstack.kolla_toolbox"]
    assert not needs(graph, "neutron")["openstack.openvswitch"]


def test_services_that_are_off_are_no_steps_and_nobody_needs_them(graph: Graph) -> None:
    assert "openstack.heat" not in graph.steps
    assert "openstack.valkey" not in needs(graph, "keystone")


def test_a_switch_brings_a_step(make_kolla_site: Callable[..., Site]) -> None:
    graph = load_graph(make_kolla_site(enable_octavia=True))
    assert {"openstack.neutron", "openstack.nova-cell", "openstack.glance"} <= set(needs(graph, "octavia"))


def test_our_own_steps_stand_between_kollas(graph: Graph) -> None:
    assert "openstack.openvswitch" in needs(graph, "datapath")
    assert "openstack.datapath" in needs(graph, "ovn-controller")
    assert all(needs(graph, step.name)["openstack.hosts"] for step in graph.steps.values() if step.service)


def test_without_open_vswitch_nothing_waits_for_it(make_kolla_site: Callable[..., Site]) -> None:
    graph = load_graph(make_kolla_site(enable_openvswitch=False, enable_ovn=False, neutron_plugin_agent="linuxbridge"))
    assert "openstack.openvswitch" not in graph.steps
    assert needs(graph, "datapath").keys().isdisjoint({"openstack.openvswitch"})


def test_services_run_side_by_side_as_far_as_the_truth_allows(graph: Graph) -> None:
    order = {name: index for index, name in enumerate(graph.order)}
    below: dict[str, set[str]] = {}
    for id_ in graph.order:
        below[id_] = {further for need in graph.steps[id_].needs for further in (need.step, *below[need.step])}
    side_by_side = ("glance", "placement", "cinder", "nova", "horizon")
    for one in side_by_side:
        assert not below[f"openstack.{one}"] & {f"openstack.{other}" for other in side_by_side}
    assert order["openstack.mariadb"] < order["openstack.keystone"] < order["openstack.nova-cell"]


def test_keys_of_ceph_are_handed_over_to_who_keeps_something_there(make_kolla_site: Callable[..., Site]) -> None:
    graph = load_graph(make_kolla_site(layers=("bootstrap", "supply", "ceph", "openstack")))
    assert Handover("ceph", "glance", named=True) in graph.steps["openstack.glance"].handovers
    assert graph.steps["openstack.keystone"].handovers == ()
    assert Need("ceph.users", everywhere=True) in graph.steps["openstack.glance"].needs
    without = load_graph(
        make_kolla_site(layers=("bootstrap", "supply", "ceph", "openstack"), glance_backend_ceph=False)
    )
    assert without.steps["openstack.glance"].handovers == ()
    assert load_graph(make_kolla_site()).steps["openstack.glance"].handovers == ()


def test_a_group_of_kollas_that_the_site_has_itself_counts(make_kolla_site: Callable[..., Site]) -> None:
    graph = load_graph(make_kolla_site(groups={**GROUPS, "mariadb": ("node6",)}))
    assert graph.hosts["openstack.mariadb"] == ("node6",)
    assert graph.hosts["openstack.keystone"] == GROUPS["control"]


def test_a_misspelt_switch_value_is_an_error_and_no_traceback(make_kolla_site: Callable[..., Site]) -> None:
    with pytest.raises(InputError):
        load_graph(make_kolla_site(enable_heat="{{ nothing_sets_this }}"))


def test_hooks_stand_before_and_after_services(make_kolla_site: Callable[..., Site]) -> None:
    site = make_kolla_site()
    (site.path / "own.yml").write_text("[]\n")
    hooks = [{"name": "mine", "after": "openstack.keystone", "playbook": "own.yml", "hosts": "control"}]
    write(site.path / "layers.yml", {"hooks": hooks})
    graph = load_graph(site)
    assert "openstack.mine" in needs(graph, "glance")
    assert needs(graph, "mine").keys() == {"openstack.keystone"}


def test_a_step_of_the_sites_own_cant_take_a_services_name(make_kolla_site: Callable[..., Site]) -> None:
    site = make_kolla_site()
    (site.path / "own.yml").write_text("[]\n")
    step = {"playbook": "own.yml", "hosts": "control"}
    write(site.path / "layers.yml", {"layers": {"openstack": {"steps": {"glance": step}}}})
    with pytest.raises(InputError) as caught:
        load_graph(site)
    (problem,) = caught.value.problems
    assert problem.what == "The step 'openstack.glance' has the name of one of Kolla's services"
    assert problem.place is not None
    assert problem.place.file == site.path / "layers.yml"


@pytest.mark.parametrize(
    ("name", "leader"),
    [
        ("mariadb", "node1"),
        ("keystone", "node1"),
        ("neutron", "node1"),
        ("nova-cell", "node1"),
        ("ovn-db", "node1"),
        ("cron", None),
        ("openvswitch", None),
        ("ovn-controller", None),
        ("loadbalancer", None),
    ],
)
def test_what_is_done_once_for_all_hosts_has_a_leader(graph: Graph, name: str, leader: str | None) -> None:
    assert graph.steps[f"openstack.{name}"].leader == leader


def test_the_leader_is_the_first_of_the_group_as_the_site_has_it(make_kolla_site: Callable[..., Site]) -> None:
    graph = load_graph(make_kolla_site(groups={**GROUPS, "glance-api": ("node3", "node2")}))
    assert graph.steps["openstack.glance"].leader == "node2"
    assert graph.steps["openstack.cinder"].leader == "node1"
