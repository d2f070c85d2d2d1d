"""Kolla's groups and values beside the site's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundplane.kolla.inventory import GROUP, kolla_inventory, switched_groups
from groundplane.site.kolla.catalogue import read_catalogue

if TYPE_CHECKING:
    from groundplane.site.site import Site


def test_groups_are_flat_so_that_precedence_among_the_sites_groups_stays(site: Site) -> None:
    catalogue = read_catalogue(site.release, site.content)
    children: dict[str, Any] = kolla_inventory(site, catalogue)["all"]["children"]
    assert all("children" not in group for group in children.values())
    assert list(children["mariadb"]["hosts"]) == list(site.inventory.group_hosts["control"])
    assert "control" not in children
    assert list(children["enable_glance_True"]["hosts"]) == list(children[GROUP]["hosts"])
    assert "manager" not in children[GROUP]["hosts"]
    assert children[GROUP]["vars"]["ansible_group_priority"] == 0
    assert children[GROUP]["vars"]["openstack_service_workers"] == 1
    assert list(children["deployment"]["hosts"]) == ["localhost"]


def test_the_groups_of_switches_are_those_that_plays_name(site: Site) -> None:
    services = read_catalogue(site.release, site.content).services
    found = switched_groups([services["openvswitch"], services["memcached"]])
    assert found == {"enable_openvswitch_True_enable_ovs_dpdk_False", "enable_memcached_True"}
