"""Variables computed from site.yml, the inventory and the files beside it, for all hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundplane.errors import Place
from groundplane.site.derived_images import derive_images, image_values
from groundplane.site.interfaces import host_interfaces
from groundplane.site.realm_files import CUSTOMERS, REALMS, inside_keycloak, inside_openstack, realms_folder
from groundplane.site.values import Level, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from groundplane.site.inventory import Inventory
    from groundplane.site.model import SiteFile
    from groundplane.site.networks import Network, NetworkPlan
    from groundplane.site.source import Source
    from groundplane.site.variables import Variables

DERIVED_NAMES = {
    "groundplane_site": "name",
    "groundplane_domain": "domain",
    "groundplane_release": "release",
    "groundplane_networks": "networks",
    "groundplane_management_network": "management_network",
    "groundplane_vips": "vips",
    "groundplane_vip_networks": "vips",
    "groundplane_layers": "layers",
    "groundplane_interfaces": "networks",
    "groundplane_hosts": "networks",
    "groundplane_host_keys": "name",
    "groundplane_time_zone": "time",
    "groundplane_time_servers": "time",
    "groundplane_certificates": "certificates",
    "groundplane_operator": "ssh",
    "groundplane_ssh_port": "ssh",
    "groundplane_operator_public_keys": "ssh",
    "groundplane_addresses": "networks",
    "groundplane_registry": "images",
    "groundplane_images": "images",
    "groundplane_host_images": "images",
    REALMS: "layers",
    CUSTOMERS: "layers",
}
"""Derived variable to the key of site.yml that it comes from."""

ENGINE_NAMES = frozenset(
    {"groundplane_step", "groundplane_state", "groundplane_run", "groundplane_unfinished", "ansible_user"}
)
"""Set by the engine at run time."""

DEFAULT_SSH_PORT = 22


def derive(
    site_path: Path,
    file: SiteFile,
    source: Source,
    inventory: Inventory,
    plan: NetworkPlan,
    *,
    variables: Variables,
    realms: Mapping[str, Source],
) -> tuple[dict[str, Value], dict[str, dict[str, Value]]]:
    """Variables for all hosts, and for each host those of its own."""
    certificate = site_path / "certificates" / "ca.crt"
    known_hosts = site_path / "inventory" / "known_hosts"
    operator_key = site_path / "inventory" / "operator.pub"
    values: dict[str, tuple[Any, Place]] = {
        name: (value, source.place(*DERIVED_NAMES[name].split(".")))
        for name, value in {
            "groundplane_site": file.name,
            "groundplane_domain": file.domain,
            "groundplane_release": file.release,
            "groundplane_networks": {name: _network(network) for name, network in plan.networks.items()},
            "groundplane_management_network": file.management_network,
            "groundplane_vips": {name: vip.address for name, vip in plan.vips.items()},
            "groundplane_vip_networks": {name: vip.network for name, vip in file.vips.items()},
            "groundplane_layers": list(file.layers),
            "groundplane_interfaces": {},
            "groundplane_hosts": _hosts(inventory, plan),
            "groundplane_time_zone": file.time.zone,
            "groundplane_time_servers": list(file.time.servers),
            "groundplane_certificates": {**file.certificates.model_dump(), "authority": _text(certificate)},
            "groundplane_operator": file.ssh.operator,
            "groundplane_ssh_port": file.ssh.port,
        }.items()
    }
    values["groundplane_host_keys"] = (_host_keys(known_hosts, inventory, plan), Place(known_hosts))
    keys = [line for line in _text(operator_key).splitlines() if line.strip() and not line.startswith("#")]
    values["groundplane_operator_public_keys"] = (keys, Place(operator_key))
    images = derive_images(site_path, file, inventory)
    values["groundplane_registry"] = (dict(images.registry), source.place("images"))
    values[REALMS] = (inside_keycloak(realms), Place(realms_folder(site_path)))
    values[CUSTOMERS] = (inside_openstack(realms), Place(realms_folder(site_path)))
    of_images, of_hosts = image_values(site_path, images)
    everyone = {
        **{name: Value(value, Level.DERIVED, place, "site.yml") for name, (value, place) in values.items()},
        **of_images,
    }
    per_host = _per_host(file, source, inventory, plan, variables=variables.with_derived(everyone, {}))
    for host, own in per_host.items():
        if images.of_hosts.get(host):
            own.update(of_hosts[host])
    return everyone, per_host


def _per_host(
    file: SiteFile, source: Source, inventory: Inventory, plan: NetworkPlan, *, variables: Variables
) -> dict[str, dict[str, Value]]:
    place = source.place("networks")
    management = source.place("networks", file.management_network)
    port = Value(file.ssh.port, Level.DERIVED, source.place("ssh", "port"), "site.yml")
    result = {}
    for host in inventory.hosts:
        addresses = dict(plan.addresses.get(host, {}))
        own = {"groundplane_addresses": Value(addresses, Level.DERIVED, place, f"for {host}")}
        if devices := host_interfaces(variables, plan, host):
            own["groundplane_interfaces"] = Value(devices, Level.DERIVED, place, f"for {host}")
        reached = addresses.get(file.management_network)
        if reached:
            own["ansible_host"] = Value(reached, Level.DERIVED, management, f"for {host}")
        if file.ssh.port != DEFAULT_SSH_PORT:
            own["ansible_port"] = port
        result[host] = own
    return result


def _network(network: Network) -> dict[str, Any]:
    return {
        "cidr": network.cidr,
        "version": network.version,
        "prefix": network.prefix,
        "netmask": network.netmask,
        "vlan": network.vlan,
        "mtu": network.mtu,
        "gateway": network.text(network.gateway) if network.gateway is not None else None,
        "dns": list(network.dns),
        "routes": [route.model_dump() for route in network.routes],
    }


def _hosts(inventory: Inventory, plan: NetworkPlan) -> dict[str, Any]:
    hidden = {"all", "ungrouped"}
    return {
        name: {
            "addresses": dict(plan.addresses.get(name, {})),
            "groups": [group for group in host.groups if group not in hidden],
        }
        for name, host in inventory.hosts.items()
    }


def _text(path: Path) -> str:
    """A file that may not be there yet; whether it has to be is checked elsewhere."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _host_keys(path: Path, inventory: Inventory, plan: NetworkPlan) -> dict[str, list[str]]:
    """Host to its pinned keys, from known_hosts; entries stand under the host's name or one of its addresses."""
    by_name: dict[str, list[str]] = {}
    for line in _text(path).splitlines():
        fields = line.split()
        if len(fields) < 3 or fields[0].startswith(("#", "@", "|")):  # noqa: PLR2004 - names, type, key
            continue
        for name in fields[0].split(","):
            bare = name[1 : name.index("]")] if name.startswith("[") and "]" in name else name
            by_name.setdefault(bare, []).append(f"{fields[1]} {fields[2]}")
    return {
        host: keys
        for host in inventory.hosts
        if (keys := _unique(by_name, (host, *plan.addresses.get(host, {}).values())))
    }


def _unique(by_name: Mapping[str, list[str]], names: Iterable[str]) -> list[str]:
    return sorted({key for name in names for key in by_name.get(name, ())})
