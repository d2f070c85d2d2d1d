from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from groundplane.cli.main import groundplane
from groundplane.errors import InputError
from groundplane.kolla.containers import kolla_containers
from groundplane.supply.catalogue import image_layers, image_problems, needed_images
from groundplane.supply.model import Maker

from .cloud_site import HOSTS, make_site

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundplane.site.site import Site
    from groundplane.supply.model import NeededImage

__all__ = ["make_site"]

DEFAULT_NAMES = """
    kolla-toolbox cron haproxy keepalived mariadb-server memcached rabbitmq keystone keystone-fernet keystone-ssh
    glance-api placement-api nova-api nova-scheduler nova-conductor nova-novncproxy nova-compute nova-libvirt nova-ssh
    neutron-server neutron-metadata-agent openvswitch-db-server openvswitch-vswitchd ovn-controller ovn-northd
    ovn-nb-db-server ovn-sb-db-server cinder-api cinder-scheduler cinder-volume cinder-backup horizon
"""
DEFAULTS = set(DEFAULT_NAMES.split())


def by_name(images: tuple[NeededImage, ...]) -> dict[str, NeededImage]:
    return {image.name: image for image in images}


def test_openstack_as_it_comes(make_site: Callable[..., Site]) -> None:
    images = by_name(needed_images(make_site(["openstack"])))
    assert set(images) == DEFAULTS
    assert images["keystone"].groups == ("control",)
    assert images["nova-compute"].groups == ("compute",)
    assert set(images["neutron-metadata-agent"].groups) == {"compute", "network"}
    assert set(images["cron"].groups) == {"control", "network", "compute", "storage", "monitoring"}
    assert images["haproxy"].service == "loadbalancer"
    assert {image.maker for image in images.values()} == {Maker.KOLLA}


@pytest.mark.parametrize(
    ("switch", "more"),
    [
        ("enable_barbican", "barbican-api barbican-keystone-listener barbican-worker"),
        (
            "enable_designate",
            """designate-api designate-backend-bind9 designate-central designate-mdns designate-producer
            designate-worker""",
        ),
        ("enable_heat", "heat-api heat-api-cfn heat-engine"),
        ("enable_magnum", "magnum-api magnum-conductor"),
        ("enable_manila", "manila-api manila-scheduler manila-share manila-data"),
        (
            "enable_octavia",
            "octavia-api octavia-driver-agent octavia-health-manager octavia-housekeeping octavia-worker",
        ),
        ("enable_skyline", "skyline-apiserver skyline-console"),
        ("enable_valkey", "valkey-server valkey-sentinel"),
    ],
)
def test_a_switch_adds_its_services_images_and_no_others(
    make_site: Callable[..., Site], switch: str, more: str
) -> None:
    images = by_name(needed_images(make_site(["openstack"], **{switch: "yes"})))
    assert set(images) - DEFAULTS == set(more.split())
    assert set(images) >= DEFAULTS


def test_what_is_switched_off_needs_no_image(make_site: Callable[..., Site]) -> None:
    images = by_name(needed_images(make_site(["openstack"], enable_cinder=False, enable_horizon=False)))
    assert DEFAULTS - set(images) == {
        "cinder-api",
        "cinder-scheduler",
        "cinder-volume",
        "cinder-backup",
        "horizon",
    }


def test_another_way_of_networking_needs_other_images(make_site: Callable[..., Site]) -> None:
    images = by_name(needed_images(make_site(["openstack"], neutron_plugin_agent="openvswitch")))
    assert {"neutron-openvswitch-agent", "neutron-dhcp-agent", "neutron-l3-agent"} <= set(images)
    assert not any(name.startswith("ovn-") for name in images)


def test_volumes_on_local_disks_bring_iscsi_to_the_hosts_that_use_it(make_site: Callable[..., Site]) -> None:
    images = by_name(needed_images(make_site(["openstack"], enable_cinder_backend_lvm=True)))
    assert images["tgtd"].groups == ("storage",)
    assert set(images["iscsid"].groups) == {"compute", "storage"}
    assert images["cinder-volume"].groups == ("storage",)


def test_an_image_is_for_the_group_that_the_site_gives_kollas_name(make_site: Callable[..., Site]) -> None:
    hosts = {"all": {"children": {**HOSTS["all"]["children"], "designate": {"hosts": {"node2": None}}}}}
    images = by_name(needed_images(make_site(["openstack"], hosts=hosts, enable_designate=True)))
    assert images["designate-central"].groups == ("designate",)


def test_ceph_and_identity_have_images_of_our_own(make_site: Callable[..., Site]) -> None:
    images = needed_images(make_site(["identity", "ceph"]))
    assert [(image.name, image.layer, image.groups) for image in images] == [
        ("ceph", "ceph", ("storage", "control")),
        ("keycloak", "identity", ("control",)),
    ]
    assert {image.maker for image in images} == {Maker.OWN}


def test_a_site_without_such_layers_needs_nothing(make_site: Callable[..., Site]) -> None:
    site = make_site([])
    assert image_layers(site) == ()
    assert needed_images(site) == ()


def test_a_layer_that_the_site_lacks_can_be_asked_for(make_site: Callable[..., Site]) -> None:
    assert set(by_name(needed_images(make_site([]), layers=["openstack"]))) == DEFAULTS


def test_the_earlier_release_has_its_own_services(make_site: Callable[..., Site]) -> None:
    images = by_name(needed_images(make_site(["openstack"], release="2025.1", enable_redis=True)))
    assert {"redis", "redis-sentinel", "keystone", "mariadb-server", "nova-compute"} <= set(images)


def test_a_misspelt_layer(make_site: Callable[..., Site]) -> None:
    site = make_site(["openstak"])
    assert any("'openstak' is unknown" in problem.what and "'openstack'" in problem.cure for problem in site.problems)
    with pytest.raises(InputError, match="'openstak' has no images") as caught:
        needed_images(site, layers=["openstak"])
    assert caught.value.cure == "Did you mean 'openstack'?"


def test_misspelt_switches(make_site: Callable[..., Site]) -> None:
    site = make_site(["openstack"], enable_barbicna=True, enable_haet=True)
    with pytest.raises(InputError, match="No service is switched by 2 variables") as caught:
        needed_images(site)
    assert [problem.what.split("has ")[1] for problem in caught.value.problems] == [
        "no switch 'enable_barbicna'",
        "no switch 'enable_haet'",
    ]
    first = caught.value.problems[0]
    assert "'enable_barbican'" in first.cure
    assert first.place is not None
    assert (first.place.file.name, first.place.line) == ("configuration.yml", 1)
    assert image_problems(site) == caught.value.problems


def test_a_switch_of_the_other_release(make_site: Callable[..., Site]) -> None:
    (problem,) = image_problems(make_site(["openstack"], enable_redis=True))
    assert problem.what == "kolla-ansible 22.2.0 has no switch 'enable_redis'"


def test_a_switch_that_only_ansible_could_work_out(make_site: Callable[..., Site]) -> None:
    (problem,) = image_problems(make_site(["openstack"], enable_heat="{{ lookup('env', 'HEAT') }}"))
    assert "enable_heat can't be worked out" in problem.what
    assert "plain value" in problem.cure


def test_validate_tells_it_too(make_site: Callable[..., Site]) -> None:
    good = make_site(["openstack"])
    run = CliRunner().invoke(groundplane, ["--site", str(good.path), "validate"])
    assert run.exit_code == 0, run.output
    path = good.path / "environments" / "openstack" / "configuration.yml"
    path.parent.mkdir(parents=True)
    path.write_text("enable_barbicna: true\n")
    run = CliRunner().invoke(groundplane, ["--site", str(good.path), "validate"])
    assert run.exit_code == 2
    assert "doesn't know 'enable_barbicna'" in run.stdout
    assert "Did you mean 'enable_barbican'?" in run.stdout


def test_containers_by_their_own_names_with_the_hosts_that_run_them(make_site: Callable[..., Site]) -> None:
    site = make_site(["openstack"])
    found = {container.name: container for container in kolla_containers(site)}
    assert found["nova_compute"].service == "nova-cell"
    assert found["nova_compute"].hosts == site.inventory.group_hosts["compute"]
    assert found["openvswitch_db"].service == "openvswitch"
    assert "heat_api" not in found
