from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from groundplane.site.interfaces import device

if TYPE_CHECKING:
    from groundplane.site.site import Site

    from .conftest import SiteFolder


@pytest.mark.parametrize(
    ("entry", "vlan", "name"),
    [
        ({"interface": "eno1"}, None, "eno1"),
        ({"interface": "eno1"}, 42, "eno1.42"),
        ({"interface": "eno1", "untagged": True}, 42, "eno1"),
        ({"interface": "enp129s0f0np0x"}, 4000, "vlan4000"),
        ({"bond": {"name": "bond0", "members": ["eno1", "eno2"]}}, 7, "bond0.7"),
        ({"bond": {"name": "bond0"}, "bridge": "br-api"}, 7, "br-api"),
        ({"bond": {}}, None, ""),
    ],
)
def test_a_device_is_called_as_the_role_network_calls_it(entry: dict[str, Any], vlan: int | None, name: str) -> None:
    assert device(entry, vlan) == name


def _interfaces(site: Site, host: str) -> Any:
    found = site.variables.value("groundplane_interfaces", host)
    return found.value if found else None


def test_each_host_has_the_devices_of_its_networks(site_folder: SiteFolder) -> None:
    site_folder.write(
        "inventory/group_vars/all.yml",
        "nic: eno7\nnetwork_interfaces:\n  management: {interface: eno1}\n  tunnel: {interface: '{{ nic }}'}\n",
    )
    site_folder.write("inventory/host_vars/node2.yml", "nic: eno9\n")
    site = site_folder.load()
    assert _interfaces(site, "node1") == {"management": "eno1", "tunnel": "eno7"}
    assert _interfaces(site, "node2") == {"management": "eno1", "tunnel": "eno9"}


def test_without_interfaces_there_are_none(site_folder: SiteFolder) -> None:
    assert _interfaces(site_folder.load(), "node1") == {}
