"""Each host's addresses, derived from `host_number`, `networks` and `addresses`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netaddr import AddrFormatError, IPAddress

from groundplane.errors import Problem
from groundplane.site.source import suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from groundplane.errors import Place
    from groundplane.site.inventory import Inventory
    from groundplane.site.networks import Network, Vip
    from groundplane.site.values import Value
    from groundplane.site.variables import Variables


def derive_addresses(
    inventory: Inventory,
    variables: Variables,
    *,
    networks: Mapping[str, Network],
    known: Mapping[str, object],
    vips: Mapping[str, Vip],
    problems: list[Problem],
) -> dict[str, dict[str, str]]:
    """Host to network to address. What can't be is told and left out.

    `known` names all networks of site.yml, also those that are broken and told already.
    """
    work = _Work(networks, known, problems)
    for vip in vips.values():
        work.take(vip.network, int(IPAddress(vip.address)), f"the VIP '{vip.name}'")
    for network in networks.values():
        if network.gateway is not None:
            work.take(network.name, network.gateway, "the gateway")
    missing: list[tuple[str, list[str], Place]] = []
    result: dict[str, dict[str, str]] = {}
    for host in inventory.hosts.values():
        number = variables.value("host_number", host.name)
        overrides = work.overrides(host.name, variables.value("addresses", host.name))
        found: dict[str, str] = {}
        left = []
        for name in work.members(host.name, variables.value("networks", host.name)):
            if name in overrides:
                address, place = overrides.pop(name)
                found[name] = work.give(host.name, name, address, place, "addresses")
            else:
                left.append(name)
        for name, (_, place) in overrides.items():
            work.tell(host.name, f"has an address in '{name}', of which it's no member", "Add it to networks.", place)
        if left and number is None:
            missing.append((host.name, left, host.place))
        elif left and number is not None:
            offset = work.number(host.name, number)
            for name in left if offset is not None else ():
                address = networks[name].span[0] + (offset or 0)
                found[name] = work.give(host.name, name, address, number.place, "host_number")
        result[host.name] = found
    for name, left, place in missing:
        work.tell_missing(name, left, place)
    return result


class _Work:
    def __init__(self, networks: Mapping[str, Network], known: Mapping[str, object], problems: list[Problem]) -> None:
        self.networks = networks
        self.known = known
        self.problems = problems
        self.taken: dict[str, dict[int, str]] = {name: {} for name in networks}
        """Network to its addresses to who has them."""
        self.suggested: set[int] = set()

    def tell(self, host: str, what: str, cure: str, place: Place) -> None:
        self.problems.append(Problem(f"the host '{host}' {what}", cure, place))

    def take(self, network: str, address: int, by: str) -> None:
        if network in self.taken:
            self.taken[network].setdefault(address, by)

    def members(self, host: str, written: Value | None) -> list[str]:
        if written is None:
            return list(self.networks)
        if not isinstance(written.value, list) or not all(isinstance(name, str) for name in written.value):
            self.tell(host, "has 'networks' that is no list of names", "Write networks: [NAME, …].", written.place)
            return []
        for name in written.value:
            if name not in self.known:
                self.tell(
                    host,
                    f"is a member of the network '{name}', which site.yml doesn't have",
                    suggest(name, self.known),
                    written.place,
                )
        return [name for name in dict.fromkeys(written.value) if name in self.networks]

    def overrides(self, host: str, written: Value | None) -> dict[str, tuple[int, Place]]:
        if written is None:
            return {}
        if not isinstance(written.value, dict):
            self.tell(host, "has 'addresses' that is no mapping", "Write addresses: {NETWORK: ADDRESS}.", written.place)
            return {}
        found: dict[str, tuple[int, Place]] = {}
        for name, text in written.value.items():
            network = self.networks.get(name)
            if network is None:
                if name not in self.known:
                    self.tell(
                        host,
                        f"has an address in the network '{name}', which site.yml doesn't have",
                        suggest(name, self.known),
                        written.place,
                    )
                continue
            try:
                address = IPAddress(str(text))
            except (AddrFormatError, ValueError):
                address = None
            if address is None or address.version != network.version:
                self.tell(
                    host,
                    f"has '{text}' in '{name}', which is no IPv{network.version} address",
                    f"Write one of {network.cidr}, without the prefix length.",
                    written.place,
                )
                continue
            found[name] = (int(address), written.place)
        return found

    def number(self, host: str, written: Value) -> int | None:
        value: Any = written.value
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            self.tell(host, f"has the host_number {value!r}", "Write a whole number from 1 on.", written.place)
            return None
        return value

    def give(self, host: str, name: str, address: int, place: Place, key: str) -> str:
        """Checks and takes an address; tells what is wrong with it and gives it all the same, as it was asked for."""
        network = self.networks[name]
        if not network.holds(address):
            self.tell(
                host,
                f"would get an address outside '{name}' ({network.cidr})",
                f"Correct its {key}{self._free(name)}.",
                place,
            )
            return ""
        text = network.text(address)
        taken = self.taken[name]
        first, last = network.hosts
        if address in taken:
            self.tell(
                host,
                f"gets {text} in '{name}', which {taken[address]} has",
                f"Give it another {key}{self._free(name)}.",
                place,
            )
        elif not first <= address <= last:
            self.tell(
                host,
                f"gets {text} in '{name}', outside the hosts' range {network.text(first)}-{network.text(last)}",
                f"Give it another {key}{self._free(name)}, or widen networks.{name}.hosts.",
                place,
            )
        elif network.is_reserved(address):
            self.tell(
                host,
                f"gets {text} in '{name}', which is reserved",
                f"Give it another {key}{self._free(name)}, or take it out of networks.{name}.reserved.",
                place,
            )
        taken.setdefault(address, f"the host '{host}'")
        return text

    def tell_missing(self, host: str, left: list[str], place: Place) -> None:
        free = self.lowest_free(left)
        if free is None:
            full = min(left, key=lambda name: self.networks[name].hosts[1] - self.networks[name].hosts[0])
            network = self.networks[full]
            self.tell(
                host,
                f"has no host_number, and no number is free any more in all of {', '.join(left)}; the smallest is "
                f"'{full}' with {network.hosts[1] - network.hosts[0] + 1} addresses for hosts",
                f"Widen networks.{full}.hosts, or choose a larger CIDR, in site.yml.",
                place,
            )
            return
        self.suggested.add(free)
        self.tell(host, "has no host_number", f"Write host_number: {free} (the lowest that is free).", place)

    def lowest_free(self, names: list[str]) -> int | None:
        """The lowest number that gives a free address in all of these networks."""
        spans = [self.networks[name] for name in names]
        first = max(network.hosts[0] - network.span[0] for network in spans)
        last = min(network.hosts[1] - network.span[0] for network in spans)
        number = first
        while number <= last:
            blocked = number in self.suggested
            for network in spans:
                address = network.span[0] + number
                reserved = next((end for begin, end in network.reserved if begin <= address <= end), None)
                if reserved is not None:
                    # A reserved block may have millions of addresses: step over it, not through it.
                    number = max(number, reserved - network.span[0])
                    blocked = True
                elif address in self.taken[network.name]:
                    blocked = True
            if not blocked:
                return number
            number += 1
        return None

    def _free(self, name: str) -> str:
        free = self.lowest_free([name])
        return f", for example host_number: {free}" if free is not None else ""
