from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from groundplane.kolla.validation import translation_problems
from groundplane.site.kolla.catalogue import read_catalogue

from .conftest import OVERLAYS

if TYPE_CHECKING:
    from groundplane.errors import Problem

    from .conftest import CloudSite

BOOTSTRAP = "environments/bootstrap/configuration.yml"


def problems(cloud: CloudSite) -> list[Problem]:
    site = cloud.load()
    return list(dict.fromkeys(translation_problems(site, read_catalogue(site.release, site.content))))


def test_a_lab_as_generated_is_right(cloud: CloudSite) -> None:
    assert problems(cloud) == []


def test_a_cloud_needs_its_internal_address(cloud: CloudSite) -> None:
    cloud.change_site(vips={"public": {"network": "management", "address": "172.31.0.250"}})
    (problem,) = problems(cloud)
    assert "needs the virtual address 'internal'" in problem.what
    assert "there are: public" in problem.cure
    assert str(problem.place).partition(":")[0].endswith("site.yml")
    cloud.set(kolla_internal_vip_address="172.31.0.250")
    assert problems(cloud) == []


def test_hosts_names_lead_to_where_services_talk(cloud: CloudSite) -> None:
    cloud.change_site(vips={"internal": {"network": "tunnel", "address": "172.31.1.240"}})
    (problem,) = problems(cloud)
    assert "services talk in the network 'tunnel', and hosts know each other by names in 'management'" in problem.what
    assert "naming_network: tunnel" in problem.cure
    cloud.write("inventory/group_vars/all.yml", "naming_network: tunnel\n")
    assert problems(cloud) == []


def test_hosts_without_an_interface_that_they_need_are_named_together(cloud: CloudSite) -> None:
    file = cloud.path / BOOTSTRAP
    values = yaml.safe_load(file.read_text())
    del values["network_interfaces"]["external"]
    file.write_text(yaml.safe_dump(values))
    (problem,) = problems(cloud)
    assert "which interface of node1, node2, node3 is in the network 'external'" in problem.what
    assert "external: {interface: NAME}" in problem.cure
    cloud.set(neutron_external_interface="eth7")
    assert problems(cloud) == []


@pytest.mark.parametrize(("written", "name"), [(["extern"], "extern"), ([{"a": 1}], "{'a': 1}"), (5, "5")])
def test_a_network_that_site_yml_lacks_is_told(cloud: CloudSite, written: object, name: str) -> None:
    cloud.set(openstack_provider_networks=written)
    (problem,) = problems(cloud)
    assert f"openstack_provider_networks names the network '{name}'" in problem.what
    assert "external" in problem.cure


@pytest.mark.parametrize(("number", "wrong"), [(0, True), (256, True), ("many", True), (1, False), ("255", False)])
def test_keepalived_has_numbers_for_so_many_pairs(cloud: CloudSite, number: object, wrong: bool) -> None:
    cloud.set(keepalived_virtual_router_id=number)
    assert bool(problems(cloud)) is wrong


def test_override_files_and_certificates_are_looked_at_too(cloud: CloudSite) -> None:
    cloud.write(f"{OVERLAYS}/nvoa.conf", "[DEFAULT]\n")
    cloud.write("certificates/external.crt", "nothing")
    assert [problem.what for problem in problems(cloud)] == [
        "no service of kolla-ansible 22.2.0 reads the override file 'nvoa.conf'",
        "certificates/external.crt is no certificate",
    ]
