"""Hosts, groups and networks of an adopted cluster against the site's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundplane.ceph.adopt.placement import choose_groups, choose_networks, compare_hosts, compare_locations

from .existing_clusters import existing, setting

if TYPE_CHECKING:
    from ...site.conftest import SiteFolder  # noqa: TID252

DOMAINS = {"zone": "availability_zone", "rack": "rack"}


def test_a_cluster_on_just_the_sites_hosts(ceph_site: SiteFolder) -> None:
    site, cluster = ceph_site.load(), existing()
    assert compare_hosts(site, cluster.state).problems == ()
    groups = choose_groups(site, cluster.state)
    assert (groups.values, groups.problems) == ({}, ())
    assert choose_networks(site, cluster.answers, cluster.state).values == {"ceph_public_network": "management"}
    assert compare_locations(site, cluster.state, DOMAINS).values == {}


def test_hosts_that_the_site_does_not_know_or_knows_otherwise(ceph_site: SiteFolder) -> None:
    def moved(raw: dict[str, Any]) -> None:
        raw["hosts"][0].update(hostname="alpha")
        raw["hosts"][1].update(addr="10.0.0.2")
        raw["hosts"].append({"hostname": "node9", "addr": "172.31.0.19", "labels": [], "status": ""})

    ceph_site.replace("inventory/hosts.yml", "node3: {host_number: 13", "node33: {host_number: 33")
    ceph_site.replace("inventory/hosts.yml", "node3: }", "node33: }")
    problems = compare_hosts(ceph_site.load(), existing(moved).state).problems
    whats = [problem.what for problem in problems]
    assert whats[0] == "the site doesn't know the cluster's host alpha"
    assert problems[0].cure.startswith("The site calls it node1: give it the name alpha in the inventory")
    assert whats[1] == "the cluster reaches node2 at 10.0.0.2, which isn't an address that the site gives it"
    assert whats[2].startswith("the site doesn't know the cluster's host node3 and crash.node3, mgr.node3.uwahzw")
    assert "Did you mean 'node33'?" in problems[2].cure
    assert whats[3].startswith("node9 is in neither of the groups control and storage")
    assert whats[4] == "daemons run on node1, which the orchestrator doesn't know as a host"


def test_no_daemon_has_to_move(ceph_site: SiteFolder) -> None:
    def two_gateways(raw: dict[str, Any]) -> None:
        raw["daemons"] = [one for one in raw["daemons"] if (one["daemon_type"], one["hostname"]) != ("rgw", "node3")]

    cluster = existing(two_gateways)
    (problem,) = choose_groups(ceph_site.load(), cluster.state).problems
    assert problem.what == "gateways run on node1, node2, and no group of the inventory has just these hosts"
    assert "sets ceph_gateway_group" in problem.cure
    ceph_site.replace(
        "inventory/hosts.yml", "    others:\n", "    gateways:\n      hosts: {node1: , node2: }\n    others:\n"
    )
    assert choose_groups(ceph_site.load(), cluster.state).values == {"ceph_gateway_group": "gateways"}


def test_managers_beside_monitors_of_a_group_of_their_own(ceph_site: SiteFolder) -> None:
    def one_monitor(raw: dict[str, Any]) -> None:
        raw["daemons"] = [one for one in raw["daemons"] if one["daemon_type"] != "mon" or one["hostname"] == "node1"]

    ceph_site.replace("inventory/hosts.yml", "    others:\n", "    first:\n      hosts: {node1: }\n    others:\n")
    assert choose_groups(ceph_site.load(), existing(one_monitor).state).values == {
        "ceph_mon_group": "first",
        "ceph_mgr_group": "control",
    }


def test_hosts_of_the_storage_group_without_osds_are_told(ceph_site: SiteFolder) -> None:
    def fewer(raw: dict[str, Any]) -> None:
        raw["osd_dump"]["osds"] = raw["osd_dump"]["osds"][:2]

    part = choose_groups(ceph_site.load(), existing(fewer).state)
    assert part.notes == ("No OSDs run on node3, which the group storage has too; that stays so.",)
    assert (part.values, part.problems) == ({}, ())


def test_networks_that_the_site_does_not_have(ceph_site: SiteFolder) -> None:
    def other(raw: dict[str, Any]) -> None:
        raw["config"] = [setting("global", "public_network", "10.0.0.0/24"), setting("mon", "public_network", "")]
        raw["config"].append(setting("global", "cluster_network", "fd00:1::/64,fd00:2::/64"))

    cluster = existing(other)
    part = choose_networks(ceph_site.load(), cluster.answers, cluster.state)
    assert part.values == {"ceph_cluster_network": "tunnel"}
    assert part.problems[0].what == "the cluster's public network 10.0.0.0/24 isn't one of the site's networks"


def test_a_network_that_is_not_set_is_the_monitors(ceph_site: SiteFolder) -> None:
    cluster = existing(lambda raw: raw.update(config=[]))
    assert choose_networks(ceph_site.load(), cluster.answers, cluster.state).values == {
        "ceph_public_network": "management"
    }


def test_hosts_stay_where_the_crush_map_has_them(ceph_site: SiteFolder) -> None:
    ceph_site.write("inventory/host_vars/node2.yml", "rack: r7\n")
    part = compare_locations(ceph_site.load(), existing().state, DOMAINS)
    assert part.values == {"ceph_failure_domains": {}}
    assert "node2 (directly below the root)" in part.notes[0]
