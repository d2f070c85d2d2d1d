"""Which device of a host carries which network: what `network_interfaces` comes to, by name.

The role network makes the devices by the same rules (its filter network_devices): a VLAN on an interface or a bond is
called BASE.ID, or vlanID where that is too long for the kernel, and a bridge gets the address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundplane.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from groundplane.site.networks import NetworkPlan
    from groundplane.site.variables import Variables

VARIABLE = "network_interfaces"
LONGEST_NAME = 15
"""Characters of an interface's name in Linux (IFNAMSIZ, without the closing zero)."""


def host_interfaces(variables: Variables, plan: NetworkPlan, host: str) -> dict[str, str]:
    """Network to device, as far as the site says it: a network that others have addresses in and this host hasn't is
    left out, unless its entry is `bare`. An entry that can't be understood here is left out; the role refuses it."""
    found = variables.value(VARIABLE, host)
    entries = _resolved(variables, host, found.value) if found is not None else None
    if not isinstance(entries, dict):
        return {}
    mine = plan.addresses.get(host, {})
    addressed = {network for addresses in plan.addresses.values() for network in addresses}
    devices = {}
    for network, entry in entries.items():
        if network not in plan.networks or not isinstance(entry, dict):
            continue
        if network in mine or network not in addressed or entry.get("bare"):
            name = device(entry, plan.networks[network].vlan)
            if name:
                devices[str(network)] = name
    return devices


def device(entry: Mapping[str, Any], vlan: int | None) -> str:
    """The device of one entry of `network_interfaces`; empty where the entry names none."""
    bond = entry.get("bond")
    base = entry.get("interface") or (bond.get("name") if isinstance(bond, dict) else None)
    if not base:
        return ""
    if entry.get("bridge"):
        return str(entry["bridge"])
    if vlan and not entry.get("untagged"):
        name = f"{base}.{vlan}"
        return name if len(name) <= LONGEST_NAME else f"vlan{vlan}"
    return str(base)


def _resolved(variables: Variables, host: str, value: Any) -> Any:
    if "{{" not in str(value):
        return value
    from groundplane.site.conditions import Conditions  # noqa: PLC0415 - Jinja only where somebody wrote it

    try:
        return Conditions(lambda name: variables.value(name, host), {"inventory_hostname": host}).value(value)
    except InputError:
        return None
