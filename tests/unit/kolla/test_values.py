from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.errors import InputError
from groundplane.kolla.values import conditions, shown_value, text_value

if TYPE_CHECKING:
    from .conftest import CloudSite


def test_a_text_is_worked_out_through_all_that_it_refers_to(cloud: CloudSite) -> None:
    site = cloud.load()
    assert text_value(site, "kolla_external_fqdn") == "172.31.0.241"
    assert text_value(site, "nobody_sets_this") == ""


def test_what_takes_ansible_is_told_or_shown_as_it_is_written(cloud: CloudSite) -> None:
    cloud.set(kolla_external_fqdn="{{ lookup('env', 'NAME') }}")
    site = cloud.load()
    with pytest.raises(InputError, match="can't be worked out"):
        text_value(site, "kolla_external_fqdn")
    assert shown_value(conditions(site), "{{ lookup('env', 'NAME') }}") == "{{ lookup('env', 'NAME') }}"


def test_a_host_has_values_of_its_own(cloud: CloudSite) -> None:
    cloud.write("inventory/host_vars/node3.yml", "nova_console: spice\n")
    site = cloud.load()
    assert conditions(site, "node3").value("{{ nova_console }} on {{ inventory_hostname }}") == "spice on node3"
    assert conditions(site, "node1").value("{{ openstack_region_name }}") == "RegionOne"
