from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from groundplane.content import Content, toolkit_content
from groundplane.errors import InputError
from groundplane.site.explain import explain
from groundplane.site.kolla.catalogue import read_catalogue
from groundplane.site.kolla.switches import enabled_services
from tests.unit.kolla.kolla_site import make_kolla_site

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from groundplane.site.kolla.catalogue import KollaCatalogue
    from groundplane.site.site import Site

__all__ = ["make_kolla_site"]

AS_IT_COMES = """
    kolla_toolbox cron loadbalancer mariadb memcached rabbitmq keystone glance cinder placement openvswitch
    ovn-controller ovn-db nova nova-cell neutron horizon
"""
NOVA = ["Bootstrap nova API databases", "Bootstrap nova cell databases", "Apply role nova"]
TOOLBOX = {"2026.1": "kolla_toolbox", "2025.1": "common"}


@pytest.fixture(params=list(TOOLBOX))
def catalogue(request: pytest.FixtureRequest, make_kolla_site: Callable[..., Site]) -> tuple[str, KollaCatalogue]:
    site = make_kolla_site(release=request.param)
    return request.param, read_catalogue(site.release, site.content)


def test_plays_are_kolla_ansibles_own_and_in_its_order(catalogue: tuple[str, KollaCatalogue]) -> None:
    services = catalogue[1].services
    assert [play["name"] for play in services["nova"].plays] == NOVA
    cell = [play["name"] for play in services["nova-cell"].plays]
    assert cell[:2] == ["Apply role nova-cell", "Refresh nova scheduler cell cache"]
    assert len(services["mariadb"].plays) == 5
    assert "prechecks" not in services
    assert services["ceph-rgw"].containers == {}


def test_each_service_runs_in_groups_that_exist(catalogue: tuple[str, KollaCatalogue]) -> None:
    known = catalogue[1]
    for service in known.services.values():
        assert service.hosts, service.name
        assert set(service.hosts) | set(service.groups) <= set(known.groups), service.name
        assert set(service.needs) <= set(known.services) - {service.name}, service.name
    assert known.groups["control"] == ()
    assert "compute" in known.services["nova-cell"].hosts


def test_needs_come_from_what_roles_do(catalogue: tuple[str, KollaCatalogue]) -> None:
    release, known = catalogue
    toolbox = TOOLBOX[release]
    services = known.services
    assert {toolbox, "loadbalancer", "mariadb", "rabbitmq", "memcached", "keystone"} <= set(services["glance"].needs)
    assert not {"nova", "cinder", "neutron"} & set(services["glance"].needs)
    assert {"placement", "nova"} <= set(services["nova-cell"].needs)
    assert {"ovn-db", "ovn-controller", "openvswitch"} <= set(services["neutron"].needs)
    assert services["memcached"].needs == services["loadbalancer"].needs == ()
    assert "keystone" not in services["keystone"].needs


def test_variables_are_followed_through_defaults_and_included_roles(catalogue: tuple[str, KollaCatalogue]) -> None:
    services = catalogue[1].services
    assert "neutron_external_interface" in services["openvswitch"].variables
    assert "neutron_external_interface" not in services["keystone"].variables
    assert "api_interface" in services["keystone"].variables, "read by a filter"
    assert "openstack_region_name" in services["glance"].variables, "read by an included role"
    assert "glance_api_port" in services["loadbalancer"].variables, "part of the service's table"
    assert "glance_backend_ceph" not in services["keystone"].variables
    assert "nova_database_password" not in services["loadbalancer"].variables


def test_override_files_by_their_names(catalogue: tuple[str, KollaCatalogue]) -> None:
    services = catalogue[1].services
    for name in ("nova.conf", "nova/{{ inventory_hostname }}/nova.conf", "global.conf", "nova/policy.yaml"):
        assert name in services["nova"].overlays
    assert "nova/nova-compute.conf" in services["nova-cell"].overlays
    assert "nova.conf" not in services["glance"].overlays
    assert "neutron/ml2_conf.ini" in services["neutron"].overlays


def test_names_of_variables_booleans_and_passwords(catalogue: tuple[str, KollaCatalogue]) -> None:
    known = catalogue[1]
    assert {"enable_heat", "nova_compute_virt_type", "kolla_external_vip_address"} <= known.variables
    assert not {"item", "groups", "result"} & known.variables
    assert "enable_heat" in known.booleans
    assert "nova_compute_virt_type" not in known.booleans
    assert "keystone_admin_password" in known.passwords


def test_services_of_a_site_as_it_comes(make_kolla_site: Callable[..., Site]) -> None:
    assert [service.name for service in enabled_services(make_kolla_site())] == AS_IT_COMES.split()


def test_switches_decide(make_kolla_site: Callable[..., Site]) -> None:
    names = {service.name for service in enabled_services(make_kolla_site(enable_heat=True, enable_horizon="no"))}
    assert "heat" in names
    assert "horizon" not in names


def test_explain_says_who_reads_a_variable_of_kollas(make_kolla_site: Callable[..., Site]) -> None:
    site = make_kolla_site(enable_horizon=False)
    found = explain(site, "fernet_token_expiry")
    assert (found.description, found.chain) == ("Of kolla-ansible 22.2.0; read by keystone.", ())
    assert "horizon" not in explain(site, "openstack_region_name").description
    with pytest.raises(InputError) as caught:
        explain(site, "fernet_token_expiri")
    assert caught.value.cure == "Did you mean 'fernet_token_expiry'?"


def test_ceph_brings_its_gateways_registration(make_kolla_site: Callable[..., Site]) -> None:
    site = make_kolla_site(layers=("bootstrap", "supply", "ceph", "openstack"))
    assert "ceph-rgw" in {service.name for service in enabled_services(site)}


def test_a_catalogue_of_another_kolla_ansible_is_refused(make_kolla_site: Callable[..., Site]) -> None:
    release = make_kolla_site().release
    assert release.openstack is not None
    other = release.model_copy(update={"openstack": release.openstack.model_copy(update={"kolla_ansible": "99.0.0"})})
    with pytest.raises(InputError, match=r"of kolla-ansible 22.*pins 99"):
        read_catalogue(other, toolkit_content())


def test_a_release_without_openstack(make_kolla_site: Callable[..., Site]) -> None:
    release = make_kolla_site().release.model_copy(update={"openstack": None})
    with pytest.raises(InputError, match="pins no OpenStack"):
        read_catalogue(release, toolkit_content())


@pytest.mark.parametrize("text", ["kolla_ansible: [", "services: {}\n", ""])
def test_a_broken_file_is_told(text: str, make_kolla_site: Callable[..., Site], tmp_path: Path) -> None:
    content = replace(Content(tmp_path / "toolkit"))
    shutil.copytree(toolkit_content().images / "kolla" / "2026.1", content.images / "kolla" / "2026.1")
    (content.images / "kolla" / "2026.1" / "steps.yml").write_text(text)
    with pytest.raises(InputError, match=r"steps\.yml can't be used") as caught:
        read_catalogue(make_kolla_site().release, content)
    assert "scripts/lock" in (caught.value.cure or "")
