from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import SiteFolder


@pytest.mark.parametrize(
    ("change", "line", "what", "cure"),
    [
        (("172.31.0.0/24", "172.31.0/33"), 6, "has the CIDR '172.31.0/33', which is none", "172.31.0.0/24"),
        (("172.31.0.0/24", "172.31.0.0"), 6, "which is none", "172.31.0.0/24"),
        (("172.31.0.0/24", "172.31.0.7/24"), 6, "is an address inside 172.31.0.0/24", "Write 172.31.0.0/24"),
        (("fd00:1::/64", "172.31.0.128/25"), 10, "'management' (172.31.0.0/24) and 'tunnel'", "of its own"),
        (("gateway: 172.31.0.1", "gateway: 172.31.9.1"), 7, "no address of 172.31.0.0/24", ""),
        (
            ("172.31.0.10-172.31.0.200", "172.31.0.200-172.31.0.10"),
            8,
            "ends before it begins",
            "172.31.0.10-172.31.0.200",
        ),
        (("172.31.0.10-172.31.0.200", "172.31.0.10-172.31.1.9"), 8, "leaves 172.31.0.0/24", "inside"),
        (("172.31.0.10-172.31.0.200", "abc"), 8, "the range 'abc', which is none", "FIRST-LAST"),
        (("172.31.0.10-172.31.0.200", "172.31.0.0-172.31.0.200"), 8, "the network's own", "172.31.0.1 and"),
        (
            ("network: management, address: 172.31.0.5", "network: managment, address: 172.31.0.5"),
            12,
            "unknown network",
            "",
        ),
        (("address: 172.31.0.5", "address: 172.32.0.5"), 12, "lies outside its network", "172.31.0.0/24"),
        (
            ("address: 172.31.0.5", "address: 172.31.0.50"),
            12,
            "inside the range that hosts",
            "networks.management.hosts",
        ),
        (("address: 172.31.0.5", "address: 172.31.0.1"), 12, "is the gateway", "another"),
        (("address: 172.31.0.5", "address: fd00::5"), 12, "no IPv4 address", "172.31.0.0/24"),
        (
            ("  api:", "  two: {network: management, address: 172.31.0.5}\n  api:"),
            13,
            "is also the VIP 'two'",
            "another",
        ),
        (("    gateway", "    reserved: [172.31.0.4/30]\n    gateway"), 13, "is reserved", "reserved"),
        (("    gateway", "    dns: [example]\n    gateway"), 7, "no address", ""),
        (("    gateway", "    routes: [{to: x, via: 172.31.0.9}]\n    gateway"), 7, "no network", "CIDR"),
        (("    gateway", "    routes: [{to: 10.0.0.0/8, via: 10.0.0.1}]\n    gateway"), 7, "as via", ""),
        (("domain:", "management_network: mgmt\ndomain:"), 3, "'mgmt' isn't among", "management"),
    ],
)
def test_what_is_wrong_with_networks_and_vips(
    site_folder: SiteFolder, change: tuple[str, str], line: int, what: str, cure: str
) -> None:
    site_folder.replace("site.yml", *change)
    told = [text for text in site_folder.told() if text.startswith("site.yml")]
    assert any(text.startswith(f"site.yml:{line}: ") and what in text and cure in text for text in told), told


def test_derived_facts_of_networks(site_folder: SiteFolder) -> None:
    site_folder.replace("site.yml", "    gateway", "    vlan: 100\n    mtu: 9000\n    dns: [172.31.0.2]\n    gateway")
    value = site_folder.load().variables.value("groundplane_networks", None)
    assert value is not None
    assert value.value == {
        "management": {
            "cidr": "172.31.0.0/24",
            "version": 4,
            "prefix": 24,
            "netmask": "255.255.255.0",
            "vlan": 100,
            "mtu": 9000,
            "gateway": "172.31.0.1",
            "dns": ["172.31.0.2"],
            "routes": [],
        },
        "tunnel": {
            "cidr": "fd00:1::/64",
            "version": 6,
            "prefix": 64,
            "netmask": None,
            "vlan": None,
            "mtu": 1500,
            "gateway": None,
            "dns": [],
            "routes": [],
        },
    }


@pytest.mark.parametrize(
    "change",
    [
        ("172.31.0.10-172.31.0.200", "172.31.0.11 - 172.31.0.13"),
        ("    gateway", "    reserved: [172.31.0.100, 172.31.0.128/26]\n    gateway"),
        ("    gateway", "    routes: [{to: 10.0.0.0/8, via: 172.31.0.9}]\n    gateway"),
        ("hosts: 172.31.0.10-172.31.0.200", "mtu: 9000"),
    ],
)
def test_what_is_right_with_networks(site_folder: SiteFolder, change: tuple[str, str]) -> None:
    site_folder.replace("site.yml", *change)
    assert site_folder.told() == []
