from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import yaml

from groundplane.kolla.values import conditions
from groundplane.kolla.variables import image_variables, kolla_variables
from groundplane.site.kolla.catalogue import read_catalogue

if TYPE_CHECKING:
    import pytest

    from groundplane.site.site import Site
    from groundplane.site.values import Value

    from .conftest import CloudSite

BIFROST = "bifrost_deploy_image_full"
"""Of a container that installs servers, which no service of a cloud has."""


def worked_out(site: Site, name: str, host: str = "node2") -> object:
    return conditions(site, host).value(kolla_variables(site).common[name])


def test_addresses_interfaces_and_tls_follow_from_site_yml(cloud: CloudSite) -> None:
    site = cloud.load()
    assert [problem for problem in site.problems if "needs the secret" not in problem.what] == []
    assert {
        name: worked_out(site, name)
        for name in (
            "kolla_internal_vip_address",
            "kolla_external_vip_address",
            "kolla_external_fqdn",
            "network_interface",
            "kolla_external_vip_interface",
            "tunnel_interface",
            "tunnel_interface_address",
            "network_address_family",
            "migration_hostname",
            "kolla_enable_tls_external",
            "kolla_enable_tls_internal",
        )
    } == {
        "kolla_internal_vip_address": "172.31.0.240",
        "kolla_external_vip_address": "172.31.0.241",
        "kolla_external_fqdn": "172.31.0.241",
        "network_interface": "eth0",
        "kolla_external_vip_interface": "eth0",
        "tunnel_interface": "tun0",
        "tunnel_interface_address": "172.31.1.12",
        "network_address_family": "ipv4",
        "migration_hostname": "172.31.0.12",
        "kolla_enable_tls_external": True,
        "kolla_enable_tls_internal": True,
    }


def test_storage_is_cephs_where_the_site_has_ceph(cloud: CloudSite) -> None:
    site = cloud.load()
    switches = ("glance_backend_ceph", "cinder_backend_ceph", "nova_backend_ceph", "enable_ceph_rgw")
    assert [worked_out(site, name) for name in switches] == [True] * 4
    cloud.change_site(layers=["bootstrap", "supply", "openstack"])
    site = cloud.load()
    assert [worked_out(site, name) for name in switches] == [False] * 4


def test_only_the_first_of_several_message_brokers_gives_up_on_peers_early(cloud: CloudSite) -> None:
    hosts = cloud.path / "inventory" / "hosts.yml"
    inventory = yaml.safe_load(hosts.read_text(encoding="utf-8"))
    control = inventory["all"]["children"]["control"]
    early = {"cluster_formation.discovery_retry_limit": 3}
    for members, limits in ((["node1"], [{}]), (["node1", "node2"], [early, {}])):
        control["hosts"] = dict.fromkeys(members)
        hosts.write_text(yaml.safe_dump(inventory), encoding="utf-8")
        site = cloud.load()
        assert [worked_out(site, "rabbitmq_extra_config", member) for member in members] == limits


def test_what_kolla_sets_in_the_kernel_is_read_again_when_a_host_starts(cloud: CloudSite) -> None:
    path = worked_out(cloud.load(), "kolla_sysctl_conf_path")
    assert str(path).startswith("/etc/sysctl.d/")
    assert str(path).endswith(".conf")


def test_a_lost_database_ends_its_sessions_and_leaves_none_that_was_just_connecting(cloud: CloudSite) -> None:
    members = str(kolla_variables(cloud.load()).common["external_haproxy_members"])
    assert "tcp-ut 5s" in members
    # HAProxy 3.0 forgets those: on the lab nova-conductor waited in one until its container was restarted.
    assert "shutdown-sessions" not in members


def test_whoever_sent_from_a_virtual_address_that_moved_away_waits_for_seconds(cloud: CloudSite) -> None:
    assert kolla_variables(cloud.load()).common["haproxy_host_ipv4_tcp_retries2"] == 6


def test_what_the_site_says_for_all_hosts_counts(cloud: CloudSite) -> None:
    cloud.set(openstack_region_name="North", nova_console="spice")
    cloud.write("inventory/group_vars/all.yml", "nova_console: none\n")
    common = kolla_variables(cloud.load()).common
    assert (common["openstack_region_name"], common["nova_console"]) == ("North", "none")


def test_what_is_said_of_a_group_stays_there(cloud: CloudSite) -> None:
    cloud.write("inventory/group_vars/compute.yml", "nova_compute_virt_type: kvm\n")
    assert kolla_variables(cloud.load()).common["nova_compute_virt_type"] == "qemu"


def test_no_secret_is_among_them(cloud: CloudSite) -> None:
    cloud.secrets["keystone_admin_password"] = "not-to-be-seen"
    common = kolla_variables(cloud.load()).common
    assert "keystone_admin_password" not in common
    assert "not-to-be-seen" not in str(common)
    assert common["openstack_gateway_config"]["rgw_keystone_admin_password"] == "{{ ceph_rgw_keystone_password }}"


def test_each_of_kollas_images_is_found_by_its_variables_name(cloud: CloudSite) -> None:
    for release in ("2026.1", "2025.1"):
        cloud.change_site(release=release)
        site = cloud.load()
        catalogue = read_catalogue(site.release, site.content)
        named = image_variables(catalogue)
        assert {name for name in catalogue.variables if name.endswith("_image_full")} - set(named) <= {BIFROST}
        assert named["nova_super_conductor_image_full"] == "nova-conductor"
        assert named["mariadb_image_full"] == "mariadb-server"


def test_images_are_those_of_images_lock_by_a_name_that_no_registry_knows(
    cloud: CloudSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = cloud.load()
    known = site.variables.value("groundplane_images", None)
    assert known is not None
    locked = {"nova-conductor": "manager:5000/groundplane/nova-conductor@sha256:" + "ab12" * 16}
    seen = site.variables.value

    def value(name: str, host: str | None) -> Value | None:
        return dataclasses.replace(known, value=locked) if name == "groundplane_images" else seen(name, host)

    monkeypatch.setattr(type(site.variables), "value", lambda _self, name, host: value(name, host))
    common = kolla_variables(site).common
    assert common["nova_conductor_image_full"] == "manager:5000/groundplane/nova-conductor:sha256-ab12ab12ab12"
    assert common["nova_super_conductor_image_full"] == common["nova_conductor_image_full"]
    assert "nova_api_image_full" not in common


def test_the_toolkits_own_values_are_for_variables_that_kolla_knows(cloud: CloudSite) -> None:
    site = cloud.load()
    known = read_catalogue(site.release, site.content).variables
    ours = {name for name, value in site.environments.defaults.items() if value.source == "openstack"}
    others = {"ceph_gateway_config", "firewall_rules_openstack"}
    assert {name for name in ours if not name.startswith("openstack_")} - known - others == set()


def test_a_site_with_ipv6_or_without_networks_of_its_own_for_tunnels_is_translated(cloud: CloudSite) -> None:
    cloud.change_site(
        networks={"management": {"cidr": "fd00:1::/64", "hosts": "fd00:1::a-fd00:1::ff"}},
        vips={"internal": {"network": "management", "address": "fd00:1::1000"}},
    )
    cloud.write("environments/bootstrap/configuration.yml", "network_interfaces: {management: {interface: bond0}}\n")
    cloud.write("inventory/group_vars/all.yml", "networks: [management]\n")
    site = cloud.load()
    names = ("network_address_family", "tunnel_interface", "kolla_external_vip_address", "neutron_external_interface")
    assert [worked_out(site, name) for name in names[:3]] == ["ipv6", "bond0", "fd00:1::1000"]
    assert worked_out(site, "openstack_provider_networks") == []
