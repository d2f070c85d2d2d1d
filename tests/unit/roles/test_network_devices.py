"""The network role's way from networks to interfaces, without a host."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType

ROLE = Path(__file__).resolve().parents[3] / "roles" / "network"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("network_devices", ROLE / "filter_plugins" / "network_devices.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


network = load()

NETWORKS: dict[str, Any] = {
    "management": {
        "prefix": 24,
        "mtu": 1500,
        "vlan": None,
        "gateway": "172.31.0.1",
        "dns": ["172.31.0.2"],
        "routes": [{"to": "10.0.0.0/8", "via": "172.31.0.3"}],
    },
    "storage": {"prefix": 24, "mtu": 9000, "vlan": 120},
    "tunnel": {"prefix": 64, "mtu": 1500, "vlan": 130},
    "external": {"prefix": 24, "mtu": 1500, "vlan": None},
}
ADDRESSES = {"management": "172.31.0.11", "storage": "172.31.1.11", "tunnel": "fd00:1::b"}
BOND = {"name": "bond0", "members": ["eno1", "eno2"]}
INTERFACES = {
    "management": {"interface": "eno0"},
    "storage": {"bond": BOND},
    "tunnel": {"bond": BOND, "bridge": "br-tunnel"},
    "external": {"interface": "eno3"},
}


def devices(interfaces: dict[str, Any] = INTERFACES, **options: Any) -> dict[str, dict[str, Any]]:
    found = network.network_devices(interfaces, NETWORKS, options.pop("addresses", ADDRESSES), **options)
    return {device["name"]: device for device in found}


def test_what_others_need_comes_first_and_everything_is_there_once() -> None:
    assert list(devices()) == ["eno0", "eno1", "eno2", "eno3", "bond0", "bond0.120", "bond0.130", "br-tunnel"]


def test_an_address_lies_on_the_topmost_device() -> None:
    found = devices()
    assert found["eno0"]["addresses"] == ["172.31.0.11/24"]
    assert found["bond0.120"]["addresses"] == ["172.31.1.11/24"]
    assert found["br-tunnel"]["addresses"] == ["fd00:1::b/64"]
    assert found["bond0"]["addresses"] == found["bond0.130"]["addresses"] == found["eno3"]["addresses"] == []


def test_gateway_and_routes_go_with_the_address() -> None:
    routes = devices()["eno0"]["routes"]
    assert routes == [{"to": "default", "via": "172.31.0.1"}, {"to": "10.0.0.0/8", "via": "172.31.0.3"}]


def test_what_carries_jumbo_frames_takes_them_too() -> None:
    found = devices()
    assert [found[name]["mtu"] for name in ("bond0.120", "bond0", "eno1", "eno2")] == [9000] * 4
    assert found["bond0.130"]["mtu"] == found["br-tunnel"]["mtu"] == 1500


def test_only_managed_interfaces_are_ours() -> None:
    assert list(devices(manage=["eno3"])) == ["eno3"]


def test_a_network_of_other_hosts_is_not_ours_unless_asked_for() -> None:
    hosts = {"other": {"addresses": {"storage": "172.31.1.12"}}}
    mine = {"management": "172.31.0.11"}
    only = {"storage": {"interface": "eno1"}, "external": {"interface": "eno3"}}
    assert list(devices(only, addresses=mine, hosts=hosts)) == ["eno3"]
    only["storage"]["bare"] = True  # type: ignore[assignment]
    assert list(devices(only, addresses=mine, hosts=hosts)) == ["eno1", "eno3", "eno1.120"]


def test_a_vlan_whose_name_would_be_too_long_is_named_after_its_id() -> None:
    assert "vlan120" in devices({"storage": {"interface": "enp129s0f0np0"}})


def test_an_untagged_network_with_a_vlan_lies_on_the_interface() -> None:
    assert devices({"storage": {"interface": "eno1", "untagged": True}})["eno1"]["addresses"] == ["172.31.1.11/24"]


@pytest.mark.parametrize(
    ("interfaces", "says"),
    [
        ({"storrage": {"interface": "eno1"}}, "names the network storrage"),
        ({"storage": {}}, "either interface or bond"),
        ({"storage": {"interface": "eno1", "bond": BOND}}, "either interface or bond"),
        ({"storage": {"bond": {"name": "bond0"}}}, "has no members"),
        ({"storage": {"bond": {"members": ["eno1"]}}}, "needs a name"),
        ({"storage": {"bond": BOND}, "tunnel": {"bond": {**BOND, "mode": "active-backup"}}}, "two descriptions"),
        ({"management": {"interface": "eno1"}, "storage": {"bond": BOND}}, "eno1 has an address"),
        ({"storage": {"bond": BOND}, "tunnel": {"bond": {"name": "bond1", "members": ["eno1"]}}}, "can't belong to"),
        ({"external": {"interface": "eno3", "bridge": "b"}, "management": {"interface": "eno3"}}, "belongs to b"),
        ({"external": {"interface": "a-name-that-is-too-long"}}, "can't be an interface's name"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(interfaces: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        devices(interfaces)


def test_networkd_gets_a_file_for_each_device_and_one_more_for_each_virtual_one() -> None:
    files = network.networkd_files(list(devices().values()))
    folder = "/etc/systemd/network/05-groundplane-"
    assert len(files) == 8 + 4
    assert "VLAN=bond0.120\nVLAN=bond0.130\n" in files[f"{folder}bond0.network"]["content"]
    assert "Bond=bond0\n" in files[f"{folder}eno1.network"]["content"]
    assert "Bridge=br-tunnel\n" in files[f"{folder}bond0.130.network"]["content"]
    assert "Mode=802.3ad\n" in files[f"{folder}bond0.netdev"]["content"]
    assert "[VLAN]\nId=120\n" in files[f"{folder}bond0.120.netdev"]["content"]
    assert "[Route]\nGateway=172.31.0.1\n" in files[f"{folder}eno0.network"]["content"]
    assert "[Route]\nDestination=10.0.0.0/8\nGateway=172.31.0.3\n" in files[f"{folder}eno0.network"]["content"]


def test_netplan_gets_the_same() -> None:
    document = network.netplan_document(list(devices().values()))["network"]
    assert document["bonds"]["bond0"]["interfaces"] == ["eno1", "eno2"]
    assert document["bonds"]["bond0"]["parameters"]["mode"] == "802.3ad"
    assert document["vlans"]["bond0.120"] == {
        "mtu": 9000,
        "dhcp4": False,
        "dhcp6": False,
        "accept-ra": False,
        "addresses": ["172.31.1.11/24"],
        "id": 120,
        "link": "bond0",
    }
    assert document["bridges"]["br-tunnel"]["interfaces"] == ["bond0.130"]
    assert document["ethernets"]["eno0"]["nameservers"] == {"addresses": ["172.31.0.2"]}


def test_differences_name_interface_and_cause() -> None:
    plan = list(devices({"management": {"interface": "eno0"}, "external": {"interface": "eno3"}}).values())
    shown = [{"ifname": "eno0", "mtu": 1400, "addr_info": [{"local": "172.31.0.9", "prefixlen": 24}]}]
    routes = [{"dst": "default", "gateway": "172.31.0.1", "dev": "eno0"}]
    assert network.network_differences(plan, shown, routes) == [
        "eno0 has MTU 1400, not 1500",
        "eno0 lacks 172.31.0.11/24",
        "eno0 lacks the route to 10.0.0.0/8 via 172.31.0.3",
        "eno3 isn't there",
    ]
