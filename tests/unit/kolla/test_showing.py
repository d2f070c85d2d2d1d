from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.errors import InputError
from groundplane.kolla.showing import MASK, masked, show

from .conftest import OVERLAYS

if TYPE_CHECKING:
    from .conftest import CloudSite


def test_values_are_worked_out_and_say_where_they_come_from(cloud: CloudSite) -> None:
    found = show(cloud.load(opened=False), host="node2").variables
    address = found["tunnel_interface_address"]
    assert (address.value, address.source) == ("172.31.1.12", "default openstack")
    assert "groundplane_addresses" in address.written
    region = found["nova_compute_virt_type"]
    assert (region.value, region.source) == ("qemu", "environment openstack")
    assert str(region.place).partition(":")[0].endswith("configuration.yml")


def test_a_hosts_own_value_is_shown_for_it(cloud: CloudSite) -> None:
    cloud.write("inventory/host_vars/node2.yml", "nova_compute_virt_type: kvm\n")
    site = cloud.load(opened=False)
    assert show(site, host="node2").variables["nova_compute_virt_type"].value == "kvm"
    assert show(site, host="node1").variables["nova_compute_virt_type"].value == "qemu"


def test_what_refers_to_a_secret_stays_and_what_is_one_is_masked(cloud: CloudSite) -> None:
    cloud.set(s3_secret_key="in-the-clear")
    cloud.write(f"{OVERLAYS}/nova.conf", "[a]\npassword = in-the-clear\nconnection = mysql://nova:in-the-clear@db/x\n")
    found = show(cloud.load(opened=False))
    config = found.variables["openstack_gateway_config"].value
    assert config["rgw_keystone_admin_password"] == "{{ ceph_rgw_keystone_password }}"
    assert found.variables["s3_secret_key"].value == MASK
    assert "in-the-clear" not in str(found)
    assert f"mysql://{MASK}@db/x" in found.overlays["nova.conf"].text


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("fernet_token_expiry", "86400", "86400"),
        ("haproxy_password", "x", MASK),
        ("rabbitmq_password", "{{ mine }}", "{{ mine }}"),
        ("users", [{"name": "a", "password": "b"}], [{"name": "a", "password": MASK}]),
        ("replica_count", 3, 3),
    ],
)
def test_a_value_is_masked_by_its_name(name: str, value: object, shown: object) -> None:
    assert masked(name, value) == shown


def test_of_one_service_only_what_it_reads_is_shown(cloud: CloudSite) -> None:
    cloud.write(f"{OVERLAYS}/keystone.conf", "[token]\nexpiration = 60\n")
    found = show(cloud.load(opened=False), service="memcached")
    assert "openstack_region_name" in found.variables
    assert "nova_compute_virt_type" not in found.variables
    assert found.overlays == {}
    assert set(found.reads) == {"memcached"}
    assert found.groups["memcached"] == ("node1", "node2", "node3")
    assert "keystone.conf" in show(cloud.load(opened=False), service="keystone").overlays


def test_an_unknown_service_or_host_is_told_with_the_nearest(cloud: CloudSite) -> None:
    with pytest.raises(InputError) as caught:
        show(cloud.load(opened=False), service="keytsone")
    assert caught.value.cure == "Did you mean 'keystone'?"
    with pytest.raises(InputError) as caught:
        show(cloud.load(opened=False), host="nod1")
    assert "node1" in (caught.value.cure or "")
