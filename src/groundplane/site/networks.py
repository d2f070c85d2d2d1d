"""The network plan: addresses are derived from a host's own number, never from who else is there.

A host's address in a network is the network's base plus `host_number`. That needs no memory, so a host keeps its
addresses when others come and go. `addresses` overrides one; `networks` says of which networks a host is a member.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from netaddr import AddrFormatError, IPAddress, IPNetwork

from groundplane.errors import Place, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from groundplane.site.model import NetworkFile, RouteFile, SiteFile
    from groundplane.site.source import Source

Range = tuple[int, int]
"""First and last address as whole numbers, both included."""

_WITHOUT_BROADCAST = {4: 31, 6: 127}
"""From this prefix length on, every address of a network is usable (RFC 3021, RFC 6164)."""


@dataclass(frozen=True, slots=True)
class Network:
    """One network; addresses are whole numbers, so that a thousand hosts cost little."""

    name: str
    cidr: str
    version: int
    prefix: int
    span: Range
    hosts: Range
    has_range: bool
    """The site gave `hosts`; otherwise all usable addresses are the hosts'."""
    reserved: tuple[Range, ...]
    gateway: int | None
    vlan: int | None
    mtu: int
    dns: tuple[str, ...]
    routes: tuple[RouteFile, ...]
    place: Place

    def text(self, address: int) -> str:
        """An address as people write it."""
        return str(IPAddress(address, self.version))

    def holds(self, address: int) -> bool:
        return self.span[0] <= address <= self.span[1]

    def is_reserved(self, address: int) -> bool:
        return any(first <= address <= last for first, last in self.reserved)

    @property
    def netmask(self) -> str | None:
        """Dotted, for IPv4."""
        return str(IPNetwork(self.cidr).netmask) if self.version == 4 else None  # noqa: PLR2004 - IPv4


@dataclass(frozen=True, slots=True)
class Vip:
    """A virtual address."""

    name: str
    network: str
    address: str
    place: Place


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """Networks, virtual addresses and each host's addresses."""

    networks: Mapping[str, Network]
    vips: Mapping[str, Vip]
    addresses: Mapping[str, Mapping[str, str]]
    """Host to network to address."""

    def address(self, host: str, network: str) -> str | None:
        return self.addresses.get(host, {}).get(network)


def read_networks(file: SiteFile, source: Source, problems: list[Problem]) -> dict[str, Network]:
    """The networks of site.yml; those that can't be are told and left out."""
    networks: dict[str, Network] = {}
    for name, written in file.networks.items():
        network = _Reader(name, written, source, problems).read()
        if network is not None:
            networks[name] = network
    for one, other in combinations(networks.values(), 2):
        if one.version == other.version and one.span[0] <= other.span[1] and other.span[0] <= one.span[1]:
            problems.append(
                Problem(
                    f"the networks '{one.name}' ({one.cidr}) and '{other.name}' ({other.cidr}) overlap",
                    "Give each network addresses of its own.",
                    source.place("networks", other.name, "cidr"),
                )
            )
    if file.management_network not in file.networks:
        problems.append(
            Problem(
                f"the management network '{file.management_network}' isn't among the networks",
                f"Name one of them: management_network: {' | '.join(file.networks)}",
                source.place("management_network"),
            )
        )
    return networks


def read_vips(
    file: SiteFile, source: Source, networks: Mapping[str, Network], problems: list[Problem]
) -> dict[str, Vip]:
    """The virtual addresses of site.yml, checked against their networks and each other."""
    vips: dict[str, Vip] = {}
    taken: dict[tuple[int, int], str] = {}

    def tell(what: str, cure: str, name: str, key: str) -> None:
        problems.append(Problem(f"the VIP '{name}' {what}", cure, source.place("vips", name, key)))

    for name, written in file.vips.items():
        if written.network not in file.networks:
            tell(
                f"lies in the unknown network '{written.network}'",
                f"Name one of: {', '.join(file.networks)}.",
                name,
                "network",
            )
            continue
        network = networks.get(written.network)
        if network is None:
            continue
        address = _address(written.address)
        if address is None or address.version != network.version:
            tell(
                f"has the address '{written.address}', which is no IPv{network.version} address",
                f"Write one of {network.cidr}.",
                name,
                "address",
            )
            continue
        number = int(address)
        if not network.holds(number):
            tell(
                f"({address}) lies outside its network '{network.name}' ({network.cidr})",
                f"Choose an address of {network.cidr} outside the hosts' range.",
                name,
                "address",
            )
        elif network.has_range and network.hosts[0] <= number <= network.hosts[1]:
            tell(
                f"({address}) lies inside the range that hosts get addresses from "
                f"({network.text(network.hosts[0])}-{network.text(network.hosts[1])})",
                f"Choose one outside of it, or change networks.{network.name}.hosts.",
                name,
                "address",
            )
        elif number == network.gateway:
            tell(f"({address}) is the gateway of '{network.name}'", "Choose another address.", name, "address")
        elif network.is_reserved(number):
            tell(
                f"({address}) is reserved in '{network.name}'",
                f"Choose another address, or take it out of networks.{network.name}.reserved.",
                name,
                "address",
            )
        elif (network.version, number) in taken:
            tell(
                f"({address}) is also the VIP '{taken[network.version, number]}'",
                "Choose another address.",
                name,
                "address",
            )
        taken.setdefault((network.version, number), name)
        vips[name] = Vip(name, network.name, str(address), source.place("vips", name, "address"))
    return vips


def _address(text: str) -> IPAddress | None:
    try:
        return IPAddress(text)
    except (AddrFormatError, ValueError):
        return None


class _Reader:
    """One network of site.yml."""

    def __init__(self, name: str, written: NetworkFile, source: Source, problems: list[Problem]) -> None:
        self.name = name
        self.written = written
        self.source = source
        self.problems = problems

    def tell(self, what: str, cure: str, *path: str | int) -> None:
        self.problems.append(
            Problem(f"the network '{self.name}' {what}", cure, self.source.place("networks", self.name, *path))
        )

    def read(self) -> Network | None:
        written = self.written
        try:
            cidr = IPNetwork(written.cidr)
        except (AddrFormatError, ValueError):
            cidr = None
        if cidr is None or "/" not in written.cidr:
            self.tell(
                f"has the CIDR '{written.cidr}', which is none",
                "Write for example 172.31.0.0/24 or fd00:1::/64.",
                "cidr",
            )
            return None
        if cidr.ip != cidr.network:
            self.tell(
                f"has the CIDR {written.cidr}, which is an address inside {cidr.cidr}", f"Write {cidr.cidr}.", "cidr"
            )
            cidr = cidr.cidr
        span = (int(cidr.first), int(cidr.last))
        whole = cidr.prefixlen >= _WITHOUT_BROADCAST[cidr.version]
        # IPv6 has no broadcast address; its first address is the routers' anycast (RFC 4291, 2.6.1).
        usable = span if whole else (span[0] + 1, span[1] - 1 if cidr.version == 4 else span[1])  # noqa: PLR2004 - IPv4
        hosts = self._hosts(cidr, usable)
        reserved = [
            found
            for index, text in enumerate(written.reserved)
            if (found := self._range(cidr, text, "reserved", index)) is not None
        ]
        gateway = self._inside(cidr, written.gateway, "gateway") if written.gateway is not None else None
        for index, server in enumerate(written.dns):
            if _address(server) is None:
                self.tell(f"has the DNS server '{server}', which is no address", "Write an address.", "dns", index)
        for index, route in enumerate(written.routes):
            self._route(cidr, route, index)
        return Network(
            name=self.name,
            cidr=str(cidr.cidr),
            version=cidr.version,
            prefix=cidr.prefixlen,
            span=span,
            hosts=hosts or usable,
            has_range=hosts is not None,
            reserved=tuple(reserved),
            gateway=gateway,
            vlan=written.vlan,
            mtu=written.mtu,
            dns=written.dns,
            routes=written.routes,
            place=self.source.place("networks", self.name),
        )

    def _hosts(self, cidr: IPNetwork, usable: Range) -> Range | None:
        if self.written.hosts is None:
            return None
        found = self._range(cidr, self.written.hosts, "hosts")
        if found is not None and not (usable[0] <= found[0] and found[1] <= usable[1]):
            self.tell(
                f"has the hosts' range {self.written.hosts}, which includes the network's own or the broadcast address",
                f"Keep between {IPAddress(usable[0], cidr.version)} and {IPAddress(usable[1], cidr.version)}.",
                "hosts",
            )
        return found

    def _route(self, cidr: IPNetwork, route: RouteFile, index: int) -> None:
        try:
            IPNetwork(route.to)
        except (AddrFormatError, ValueError):
            self.tell(f"has a route to '{route.to}', which is no network", "Write a CIDR.", "routes", index, "to")
        self._inside(cidr, route.via, "routes", index, "via")

    def _inside(self, cidr: IPNetwork, text: str, *path: str | int) -> int | None:
        address = _address(text)
        if address is None or address.version != cidr.version or address not in cidr:
            self.tell(f"has '{text}' as {path[-1]}, which is no address of {cidr.cidr}", "Correct it.", *path)
            return None
        return int(address)

    def _range(self, cidr: IPNetwork, text: str, *path: str | int) -> Range | None:
        if "/" in text:
            try:
                block = IPNetwork(text)
            except (AddrFormatError, ValueError):
                block = None
            if block is not None and block in cidr:
                return (int(block.first), int(block.last))
        first, _, last = text.partition("-")
        one, other = _address(first.strip()), _address((last or first).strip())
        if one is None or other is None or one.version != cidr.version or other.version != cidr.version:
            self.tell(f"has the range '{text}', which is none", "Write FIRST-LAST, both addresses.", *path)
        elif one > other:
            self.tell(f"has the range {text}, which ends before it begins", f"Write {other}-{one}.", *path)
        elif one not in cidr or other not in cidr:
            self.tell(f"has the range {text}, which leaves {cidr.cidr}", f"Keep inside {cidr.cidr}.", *path)
        else:
            return (int(one), int(other))
        return None
