"""Subnets of which site.yml knows the network: what hosts and virtual addresses don't use is the cloud's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netaddr import AddrFormatError, IPAddress, IPNetwork, IPRange, IPSet

from groundplane.errors import InputError

if TYPE_CHECKING:
    from groundplane.platform.options import Subnet
    from groundplane.site.networks import Network, NetworkPlan

LEAST_POOL = 2
"""A gap of fewer addresses isn't worth a pool of its own."""


@dataclass(frozen=True, slots=True)
class SubnetPlan:
    """What Neutron is told of a subnet; `gateway` is None for none, and "" for Neutron's own choice, the first one."""

    cidr: str
    version: int
    gateway: str | None
    pools: tuple[str, ...]
    dns: tuple[str, ...]


def plan_subnet(subnet: Subnet, plan: NetworkPlan) -> SubnetPlan:
    """The subnet with what the site's network plan adds.

    Raises:
        InputError: no such network, a network and a CIDR that differ, or addresses that can't be.
    """
    network = plan.networks.get(subnet.site_network) if subnet.site_network else None
    if subnet.site_network and network is None:
        raise InputError(f"The subnet {subnet.name} is of the site's network {subnet.site_network}, which there isn't")
    cidr = subnet.cidr or (network.cidr if network is not None else "")
    if not cidr:
        raise InputError(f"The subnet {subnet.name} has neither cidr nor site_network")
    try:
        block = IPNetwork(cidr).cidr
        pools = tuple(str(_range(each)) for each in subnet.pools)
        strange = bool(subnet.gateway) and IPAddress(subnet.gateway) not in block
    except (AddrFormatError, ValueError) as error:
        raise InputError(f"The subnet {subnet.name} can't be: {error}") from error
    outside = [each for each in subnet.pools if _range(each) not in block]
    if outside:
        raise InputError(f"The subnet {subnet.name} has the pool {outside[0]}, which leaves {block}")
    if strange:
        raise InputError(f"The subnet {subnet.name} has the gateway {subnet.gateway}, which isn't in {block}")
    gateway = subnet.gateway
    if gateway is None and network is not None:
        # Without one in site.yml hosts have no route there; the cloud's routers need one all the same.
        first = str(_usable(block)[0])
        gateway = network.text(network.gateway) if network.gateway is not None else first
    return SubnetPlan(
        cidr=str(block),
        version=block.version,
        gateway=None if gateway == "" else (gateway or ""),
        pools=pools or (free_pools(network, plan, gateway=gateway or None) if network is not None else ()),
        dns=subnet.dns or (network.dns if network is not None else ()),
    )


def free_pools(network: Network, plan: NetworkPlan, *, gateway: str | None) -> tuple[str, ...]:
    """Ranges FIRST-LAST of a network's addresses that nobody else has: hosts, reserved ones, VIPs, gateways.

    Without a range for hosts only the hosts' own addresses are left out.
    """
    block = IPNetwork(network.cidr)
    usable = IPSet(IPRange(*_usable(block)))
    if network.has_range:
        usable.remove(_whole(network, *network.hosts))
    for first, last in network.reserved:
        usable.remove(_whole(network, first, last))
    taken = [vip.address for vip in plan.vips.values() if vip.network == network.name]
    taken += [found for addresses in plan.addresses.values() if (found := addresses.get(network.name)) is not None]
    if network.gateway is not None:
        taken.append(network.text(network.gateway))
    if gateway is not None:
        taken.append(gateway)
    for address in taken:
        usable.remove(IPAddress(address))
    return tuple(f"{found.first_text}-{found.last_text}" for found in _ranges(usable) if found.size >= LEAST_POOL)


@dataclass(frozen=True, slots=True)
class _Span:
    first_text: str
    last_text: str
    size: int


def _ranges(addresses: IPSet) -> list[_Span]:
    return [
        _Span(str(IPAddress(found.first, found.version)), str(IPAddress(found.last, found.version)), found.size)
        for found in addresses.iter_ipranges()
    ]


def _usable(block: IPNetwork) -> tuple[IPAddress, IPAddress]:
    """Without the network's own address and the broadcast address."""
    if block.size <= LEAST_POOL:
        return IPAddress(block.first, block.version), IPAddress(block.last, block.version)
    end = block.last - 1 if block.version == 4 else block.last  # noqa: PLR2004 - IPv4
    return IPAddress(block.first + 1, block.version), IPAddress(end, block.version)


def _whole(network: Network, first: int, last: int) -> IPRange:
    return IPRange(IPAddress(first, network.version), IPAddress(last, network.version))


def _range(text: str) -> IPRange:
    first, _, last = text.partition("-")
    return IPRange(first.strip(), (last or first).strip())
