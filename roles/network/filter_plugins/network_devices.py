"""From networks and the interfaces that carry them to devices, and from devices to configuration files.

A device: {name, kind: ethernet|bond|vlan|bridge, mtu, addresses, routes: [{to, via}], dns, master, members, vlans,
...}. Devices that others need come first.
"""

from __future__ import annotations

from typing import Any

Device = dict[str, Any]

LONGEST_NAME = 15
"""IFNAMSIZ less its terminating zero."""


class NetworkInterfacesError(ValueError):
    """What is wrong with network_interfaces, and under which network."""


def network_devices(
    interfaces: dict[str, Any],
    networks: dict[str, Any],
    addresses: dict[str, str],
    manage: list[str] | None = None,
    hosts: dict[str, Any] | None = None,
) -> list[Device]:
    """Devices for `interfaces` ({network: {interface | bond, bridge, untagged, mtu, bare}}).

    With `manage`, an entry whose interface or bond isn't named there belongs to somebody else. A network in which
    other `hosts` have addresses and this one has none isn't this host's, unless `bare` asks for its interface.

    Raises:
        NetworkInterfacesError: an unknown network, an entry that can't be, or two that contradict each other.
    """
    devices: dict[str, Device] = {}
    addressed = {network for host in (hosts or {}).values() for network in host["addresses"]}
    for network, entry in sorted(interfaces.items()):
        if network not in networks:
            known = ", ".join(sorted(networks))
            raise NetworkInterfacesError(f"network_interfaces names the network {network}; site.yml has {known}")
        base = _base_name(network, entry)
        member = network in addresses or network not in addressed or entry.get("bare")
        if member and (not manage or base in manage):
            _add_network(devices, network, entry, networks[network], addresses.get(network))
    for device in devices.values():
        _raise_mtu(devices, device)
    order = {"ethernet": 0, "bond": 1, "vlan": 2, "bridge": 3}
    return sorted(devices.values(), key=lambda device: (order[device["kind"]], device["name"]))


def _base_name(network: str, entry: dict[str, Any]) -> str:
    if ("interface" in entry) == ("bond" in entry):
        raise NetworkInterfacesError(f"network_interfaces.{network} needs either interface or bond")
    if "interface" in entry:
        return str(entry["interface"])
    bond = entry["bond"]
    if not bond.get("name"):
        raise NetworkInterfacesError(f"network_interfaces.{network}.bond needs a name")
    return str(bond["name"])


def _add_network(
    devices: dict[str, Device], network: str, entry: dict[str, Any], plan: dict[str, Any], address: str | None
) -> None:
    mtu = int(entry.get("mtu") or plan.get("mtu") or 1500)
    if "bond" in entry:
        top = _add_bond(devices, network, entry["bond"], mtu)
    else:
        top = _add(devices, network, str(entry["interface"]), "ethernet", mtu)
    if plan.get("vlan") and not entry.get("untagged"):
        parent, name = top, f"{top['name']}.{plan['vlan']}"
        top = _add(devices, network, name if len(name) <= LONGEST_NAME else f"vlan{plan['vlan']}", "vlan", mtu)
        top |= {"id": int(plan["vlan"]), "parent": parent["name"]}
        parent["vlans"] = sorted({*parent["vlans"], top["name"]})
    if entry.get("bridge"):
        port, top = top, _add(devices, network, str(entry["bridge"]), "bridge", mtu)
        _enslave(port, top, network)
    if address:
        if top["master"]:
            raise NetworkInterfacesError(
                f"network_interfaces.{network}: {top['name']} belongs to {top['master']} and can't have an address"
            )
        top["addresses"].append(f"{address}/{plan['prefix']}")
        if plan.get("gateway"):
            top["routes"].append({"to": "default", "via": plan["gateway"]})
        top["routes"] += [{"to": route["to"], "via": route["via"]} for route in plan.get("routes") or []]
        top["dns"] += [server for server in plan.get("dns") or [] if server not in top["dns"]]


def _add_bond(devices: dict[str, Device], network: str, bond: dict[str, Any], mtu: int) -> Device:
    device = _add(devices, network, str(bond["name"]), "bond", mtu)
    settings = {key: value for key, value in bond.items() if key != "name"}
    if device["bond"] and device["bond"] != settings:
        raise NetworkInterfacesError(f"network_interfaces.{network}: bond {bond['name']} has two descriptions")
    if not settings.get("members"):
        raise NetworkInterfacesError(f"network_interfaces.{network}: bond {bond['name']} has no members")
    device["bond"] = settings
    for member in settings["members"]:
        _enslave(_add(devices, network, str(member), "ethernet", mtu), device, network)
    return device


def _add(devices: dict[str, Device], network: str, name: str, kind: str, mtu: int) -> Device:
    if not name or len(name) > LONGEST_NAME or "/" in name:
        raise NetworkInterfacesError(f"network_interfaces.{network}: {name!r} can't be an interface's name")
    device = devices.setdefault(
        name,
        {
            "name": name,
            "kind": kind,
            "mtu": mtu,
            "addresses": [],
            "routes": [],
            "dns": [],
            "master": "",
            "members": [],
            "vlans": [],
            "bond": {},
        },
    )
    if device["kind"] != kind:
        raise NetworkInterfacesError(f"network_interfaces.{network}: {name} would be both {device['kind']} and {kind}")
    device["mtu"] = max(device["mtu"], mtu)
    return device


def _enslave(port: Device, master: Device, network: str) -> None:
    if port["master"] not in ("", master["name"]):
        raise NetworkInterfacesError(
            f"network_interfaces.{network}: {port['name']} can't belong to {port['master']} and {master['name']}"
        )
    if port["addresses"]:
        raise NetworkInterfacesError(
            f"network_interfaces.{network}: {port['name']} has an address and can't belong to {master['name']}"
        )
    port |= {"master": master["name"], "master_kind": master["kind"]}
    master["members"] = sorted({*master["members"], port["name"]})


def _raise_mtu(devices: dict[str, Device], device: Device) -> None:
    """What carries others has to take their largest packets."""
    below = [*device["members"], *([device["parent"]] if "parent" in device else [])]
    for name in below:
        carrier = devices[name]
        if carrier["mtu"] < device["mtu"]:
            carrier["mtu"] = device["mtu"]
            _raise_mtu(devices, carrier)


def networkd_files(devices: list[Device]) -> dict[str, dict[str, str]]:
    """Files for systemd-networkd: path to {content, mode}. The numbers come before those of other tools."""
    files = {}
    for device in devices:
        stem = f"/etc/systemd/network/05-groundplane-{device['name']}"
        files[f"{stem}.network"] = {"content": _network_file(device), "mode": "0644"}
        if device["kind"] != "ethernet":
            files[f"{stem}.netdev"] = {"content": _netdev_file(device), "mode": "0644"}
    return files


def _section(name: str, *lines: str) -> str:
    return "\n".join([f"[{name}]", *lines, ""])


def _network_file(device: Device) -> str:
    addressed = bool(device["addresses"])
    network = ["DHCP=no", "IPv6AcceptRA=no", f"LinkLocalAddressing={'ipv6' if addressed else 'no'}"]
    if device["kind"] == "bridge":
        network.append("ConfigureWithoutCarrier=yes")
    network += [f"VLAN={vlan}" for vlan in device["vlans"]]
    if device["master"]:
        network.append(f"{'Bond' if device['master_kind'] == 'bond' else 'Bridge'}={device['master']}")
    network += [f"Address={address}" for address in device["addresses"]]
    network += [f"DNS={server}" for server in device["dns"]]
    routes = [
        _section(
            "Route", *([] if route["to"] == "default" else [f"Destination={route['to']}"]), f"Gateway={route['via']}"
        )
        for route in device["routes"]
    ]
    link = [f"MTUBytes={device['mtu']}", *([] if addressed else ["RequiredForOnline=no"])]
    return "\n".join(
        [
            "# Written by Groundplane.",
            _section("Match", f"Name={device['name']}"),
            _section("Link", *link),
            _section("Network", *network),
            *routes,
        ]
    )


def _netdev_file(device: Device) -> str:
    sections = [_section("NetDev", f"Name={device['name']}", f"Kind={device['kind']}", f"MTUBytes={device['mtu']}")]
    if device["kind"] == "vlan":
        sections.append(_section("VLAN", f"Id={device['id']}"))
    if device["kind"] == "bridge":
        sections.append(_section("Bridge", "STP=no"))
    if device["kind"] == "bond":
        bond = device["bond"]
        lines = [f"Mode={_mode(bond)}", f"MIIMonitorSec={bond.get('mii_monitor_milliseconds', 100)}ms"]
        if _hashes(bond):
            lines.append(f"TransmitHashPolicy={bond.get('hash_policy', 'layer3+4')}")
        if _mode(bond) == "802.3ad":
            lines.append(f"LACPTransmitRate={bond.get('lacp_rate', 'fast')}")
        sections.append(_section("Bond", *lines))
    return "\n".join(["# Written by Groundplane.", *sections])


def _mode(bond: dict[str, Any]) -> str:
    return str(bond.get("mode", "802.3ad"))


def _hashes(bond: dict[str, Any]) -> bool:
    return _mode(bond) in ("802.3ad", "balance-xor", "balance-tlb")


def netplan_document(devices: list[Device]) -> dict[str, Any]:
    """The same as one netplan document."""
    document: dict[str, Any] = {"version": 2, "renderer": "networkd"}
    for device in devices:
        body: dict[str, Any] = {"mtu": device["mtu"], "dhcp4": False, "dhcp6": False, "accept-ra": False}
        if device["addresses"]:
            body["addresses"] = device["addresses"]
        else:
            body |= {"link-local": [], "optional": True}
        if device["routes"]:
            body["routes"] = device["routes"]
        if device["dns"]:
            body["nameservers"] = {"addresses": device["dns"]}
        if device["kind"] in ("bond", "bridge"):
            body["interfaces"] = device["members"]
        if device["kind"] == "bridge":
            body["parameters"] = {"stp": False}
        if device["kind"] == "vlan":
            body |= {"id": device["id"], "link": device["parent"]}
        if device["kind"] == "bond":
            bond = device["bond"]
            body["parameters"] = {
                "mode": _mode(bond),
                "mii-monitor-interval": bond.get("mii_monitor_milliseconds", 100),
            }
            if _hashes(bond):
                body["parameters"]["transmit-hash-policy"] = bond.get("hash_policy", "layer3+4")
            if _mode(bond) == "802.3ad":
                body["parameters"]["lacp-rate"] = bond.get("lacp_rate", "fast")
        document.setdefault(f"{device['kind']}s", {})[device["name"]] = body
    return {"network": document}


def network_expectations(devices: list[Device]) -> dict[str, dict[str, Any]]:
    """What `ip` must show afterwards: interface to {mtu, addresses, routes}."""
    return {
        device["name"]: {"mtu": device["mtu"], "addresses": device["addresses"], "routes": device["routes"]}
        for device in devices
    }


def network_differences(devices: list[Device], links: list[dict[str, Any]], routes: list[dict[str, Any]]) -> list[str]:
    """In what the kernel differs from the plan, from `ip -json address show` and `ip -json route show`."""
    found = []
    have = {link["ifname"]: link for link in links if "ifname" in link}
    paths = {(route.get("dst"), route.get("gateway"), route.get("dev")) for route in routes}
    for device in devices:
        name = device["name"]
        if name not in have:
            found.append(f"{name} isn't there")
            continue
        link = have[name]
        if link.get("mtu") != device["mtu"]:
            found.append(f"{name} has MTU {link.get('mtu')}, not {device['mtu']}")
        if device["master"] and link.get("master") != device["master"]:
            found.append(f"{name} doesn't belong to {device['master']}")
        addresses = {f"{address.get('local')}/{address.get('prefixlen')}" for address in link.get("addr_info", [])}
        found += [f"{name} lacks {address}" for address in device["addresses"] if address not in addresses]
        found += [
            f"{name} lacks the route to {route['to']} via {route['via']}"
            for route in device["routes"]
            if (route["to"], route["via"], name) not in paths
        ]
    return found


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Any]:
        return {
            "network_devices": network_devices,
            "networkd_files": networkd_files,
            "netplan_document": netplan_document,
            "network_expectations": network_expectations,
            "network_differences": network_differences,
        }
