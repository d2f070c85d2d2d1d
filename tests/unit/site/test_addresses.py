from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundplane.errors import Place, Problem
from groundplane.site.addresses import derive_addresses
from groundplane.site.inventory_file import load_inventory
from groundplane.site.networks import Network
from groundplane.site.variables import Variables

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import SiteFolder

CIDRS = {"management": "10.0.0.0/22", "tunnel": "10.1.0.0/22", "storage": "fd00:1::/64"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("inventory")


def network(name: str, cidr: str) -> Network:
    block = ip_network(cidr)
    span = (int(block.network_address), int(block.broadcast_address))
    return Network(
        name=name,
        cidr=cidr,
        version=block.version,
        prefix=block.prefixlen,
        span=span,
        hosts=(span[0] + 1, span[1] - 1),
        has_range=False,
        reserved=(),
        gateway=None,
        vlan=None,
        mtu=1500,
        dns=(),
        routes=(),
        place=Place(block),  # type: ignore[arg-type]
    )


NETWORKS = {name: network(name, cidr) for name, cidr in CIDRS.items()}


def derive(folder: Path, hosts: dict[str, Any]) -> tuple[dict[str, dict[str, str]], list[Problem]]:
    import json  # noqa: PLC0415

    (folder / "hosts.yml").write_text(json.dumps({"all": {"hosts": hosts}}))
    problems: list[Problem] = []
    inventory = load_inventory(folder, problems)
    found = derive_addresses(
        inventory, Variables(inventory), networks=NETWORKS, known=NETWORKS, vips={}, problems=problems
    )
    return found, problems


numbers = st.dictionaries(
    st.integers(0, 400).map(lambda number: f"n{number}"), st.integers(1, 1000), min_size=1, max_size=30
)


@settings(max_examples=80, deadline=None)
@given(hosts=numbers, gone=st.sets(st.integers(0, 400).map(lambda number: f"n{number}"), max_size=15))
def test_hosts_keep_their_addresses_when_others_come_and_go(
    folder: Path, hosts: dict[str, int], gone: set[str]
) -> None:
    before, _ = derive(folder, {name: {"host_number": number} for name, number in hosts.items()})
    left = {name: {"host_number": number} for name, number in reversed(hosts.items()) if name not in gone}
    if not left:
        return
    after, _ = derive(folder, left)
    assert after == {name: before[name] for name in left}


@settings(max_examples=80, deadline=None)
@given(hosts=numbers)
def test_addresses_are_unique_or_told(folder: Path, hosts: dict[str, int]) -> None:
    found, problems = derive(folder, {name: {"host_number": number} for name, number in hosts.items()})
    for name, cidr in CIDRS.items():
        addresses = [found[host][name] for host in hosts]
        assert all(ip_address(address) in ip_network(cidr) for address in addresses)
        doubled = len(addresses) - len(set(addresses))
        assert sum(f"'{name}'" in problem.what for problem in problems) == doubled
    if len(set(hosts.values())) == len(hosts):
        assert not problems


@settings(max_examples=40, deadline=None)
@given(hosts=numbers, missing=st.sets(st.sampled_from(["x1", "x2", "x3"]), min_size=1))
def test_the_numbers_that_are_suggested_can_be_taken(folder: Path, hosts: dict[str, int], missing: set[str]) -> None:
    unique = {name: number for number, name in {number: name for name, number in hosts.items()}.items()}
    given_: dict[str, Any] = {name: {"host_number": number} for name, number in unique.items()}
    _, problems = derive(folder, {**given_, **dict.fromkeys(missing)})
    assert len(problems) == len(missing)
    for problem in problems:
        host = problem.what.split("'")[1]
        given_[host] = {"host_number": int(problem.cure.split("host_number: ")[1].split(" ")[0])}
    _, left = derive(folder, given_)
    assert not left


def test_an_address_can_be_overridden_and_membership_limited(folder: Path) -> None:
    found, problems = derive(
        folder,
        {
            "a": {"host_number": 5, "addresses": {"tunnel": "10.1.0.99"}},
            "b": {"host_number": 6, "networks": ["management"]},
            "c": {"networks": ["storage"], "addresses": {"storage": "fd00:1::abcd"}},
        },
    )
    assert not problems
    assert found == {
        "a": {"management": "10.0.0.5", "tunnel": "10.1.0.99", "storage": "fd00:1::5"},
        "b": {"management": "10.0.0.6"},
        "c": {"storage": "fd00:1::abcd"},
    }


@pytest.mark.parametrize(
    ("host", "what", "cure"),
    [
        ("{host_number: 12}", "gets 172.31.0.12 in 'management', which the host 'node2' has", "host_number: 10"),
        ("{host_number: 5}", "which the VIP 'api' has", "host_number: 10"),
        ("{host_number: 1}", "which the gateway has", "host_number: 10"),
        ("{host_number: 201}", "outside the hosts' range 172.31.0.10-172.31.0.200", "networks.management.hosts"),
        ("{host_number: 300}", "outside 'management' (172.31.0.0/24)", "host_number: 10"),
        ("{host_number: x}", "has the host_number 'x'", "whole number"),
        ("{}", "has no host_number", "host_number: 10"),
        ("{host_number: 20, networks: [managment]}", "network 'managment'", "'management'"),
        ("{host_number: 20, networks: management}", "no list of names", "[NAME"),
        ("{host_number: 20, addresses: {tunel: fd00:1::9}}", "network 'tunel'", "'tunnel'"),
        ("{host_number: 20, addresses: {tunnel: 10.0.0.1}}", "no IPv6 address", "fd00:1::/64"),
        ("{host_number: 20, addresses: [a]}", "no mapping", "NETWORK: ADDRESS"),
        ("{host_number: 20, networks: [management], addresses: {tunnel: fd00:1::9}}", "no member", "networks"),
        ("{host_number: 20, addresses: {tunnel: fd00:1::c}}", "gets fd00:1::c in 'tunnel'", "addresses"),
    ],
)
def test_what_is_wrong_is_told_with_the_host_line(site_folder: SiteFolder, host: str, what: str, cure: str) -> None:
    site_folder.write(
        "inventory/hosts.yml",
        "all:\n  hosts:\n    node2: {host_number: 12}\n    spare:\n" + _indented(host),
    )
    told = site_folder.told()
    assert told[0].startswith("inventory/hosts.yml:"), told
    assert any(what in text and cure in text.split(" | ")[1] for text in told), told


def _indented(flow: str) -> str:
    """{a: 1, b: [2]} as a block, so that each key has a line of its own; {} as nothing."""
    import yaml  # noqa: PLC0415

    data = yaml.safe_load(flow)
    text = yaml.safe_dump(data, default_flow_style=False) if data else ""
    return "".join(f"      {line}\n" for line in text.splitlines())


def test_reserved_addresses_are_not_given(site_folder: SiteFolder) -> None:
    site_folder.replace("site.yml", "  tunnel:", "    reserved: [172.31.0.10-172.31.0.20]\n  tunnel:")
    told = site_folder.told()
    assert [text.split(" | ")[0] for text in told] == [
        f"inventory/hosts.yml:{line}: the host 'node{n}' gets 172.31.0.1{n} in 'management', which is reserved"
        for n, line in ((1, 5), (2, 6), (3, 7))
    ]
    assert "host_number: 21" in told[0]


def test_an_exhausted_network_is_told(site_folder: SiteFolder) -> None:
    site_folder.replace("site.yml", "172.31.0.10-172.31.0.200", "172.31.0.11-172.31.0.12")
    site_folder.replace("inventory/hosts.yml", "{host_number: 13}", "")
    (told,) = site_folder.told()
    assert "no number is free any more" in told
    assert "'management' with 2 addresses" in told
    assert "Widen networks.management.hosts" in told
