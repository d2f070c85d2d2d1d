"""What the translation can tell wrong from the site's files alone: addresses, interfaces, overrides, certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundplane.errors import InputError, Place, Problem
from groundplane.kolla.certificates import doors, vip_certificates
from groundplane.kolla.groups import kolla_groups
from groundplane.kolla.overlays import overlay_problems
from groundplane.kolla.values import conditions
from groundplane.site.conditions import to_bool
from groundplane.site.interfaces import VARIABLE
from groundplane.site.values import Level

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from groundplane.site.conditions import Conditions
    from groundplane.site.kolla.catalogue import KollaCatalogue
    from groundplane.site.site import Site

API, TUNNEL, PROVIDERS = "openstack_api_network", "openstack_tunnel_network", "openstack_provider_networks"
NAMES = "naming_network"
"""Of the role naming."""
NEEDS: Mapping[str, tuple[str, ...]] = {
    "control": (API,),
    "network": (API, TUNNEL, PROVIDERS),
    "compute": (API, TUNNEL),
}
"""Group to the variables that name the networks in which each of its hosts has to have an interface."""
KOLLAS = {API: "network_interface", TUNNEL: "tunnel_interface", PROVIDERS: "neutron_external_interface"}
"""Where a site sets one of these itself, what is derived doesn't count."""
FEWEST, MOST = 1, 255
"""VRRP's router identifiers (RFC 5798); 0 is none."""


def translation_problems(site: Site, catalogue: KollaCatalogue) -> Iterator[Problem]:
    """All that is wrong; values that only Ansible can work out are passed over."""
    work_out = conditions(site)
    yield from _addresses(site, work_out)
    yield from _names(site, work_out)
    yield from _interfaces(site, catalogue, work_out)
    yield from overlay_problems(site, catalogue)
    yield from _certificates(site)


def _addresses(site: Site, work_out: Conditions) -> Iterator[Problem]:
    place = site.source.place("vips")
    internal = site.variables.value("kolla_internal_vip_address", None)
    if internal is not None and internal.level is Level.DEFAULT and "internal" not in site.networks.vips:
        near = ", ".join(site.networks.vips)
        yield Problem(
            "the layer 'openstack' needs the virtual address 'internal', on which its services find each other",
            "Add it below vips, as internal: {network: NETWORK, address: ADDRESS}, with an address that nobody has"
            + (f"; there are: {near}." if near else "."),
            place,
        )
    number = site.variables.value("keepalived_virtual_router_id", None)
    found = _worked_out(work_out, number.value) if number is not None else None
    if number is not None and found is not None and not (str(found).isdigit() and FEWEST <= int(found) <= MOST):
        yield Problem(f"keepalived_virtual_router_id is {found!r}", f"It goes from {FEWEST} to {MOST}.", number.place)


def _names(site: Site, work_out: Conditions) -> Iterator[Problem]:
    """Kolla's prechecks of RabbitMQ want a host's name to lead to its address among the services."""
    switch = site.variables.value("enable_rabbitmq", None)
    api, named = (site.variables.value(name, None) for name in (API, NAMES))
    network = _worked_out(work_out, api.value) if api is not None else None
    by_name = _worked_out(work_out, named.value) if named is not None else site.file.management_network
    off = switch is not None and not to_bool(_worked_out(work_out, switch.value))
    if off or network is None or by_name is None or network == by_name or network not in site.networks.networks:
        return
    yield Problem(
        f"services talk in the network '{network}', and hosts know each other by names in '{by_name}': RabbitMQ needs "
        "both in one",
        f"Set {NAMES}: {network} in environments/bootstrap/configuration.yml, with all hosts in that network; or put "
        f"vips.internal into '{by_name}'.",
        named.place if named is not None else site.source.place("vips", "internal"),
    )


def _interfaces(site: Site, catalogue: KollaCatalogue, work_out: Conditions) -> Iterator[Problem]:
    """Interfaces that network_interfaces doesn't name: one problem a network, with the hosts."""
    groups = kolla_groups(site, catalogue)
    lacking: dict[tuple[str, str], list[str]] = {}
    for group, variables in NEEDS.items():
        for variable in variables:
            value = site.variables.value(variable, None)
            networks = _worked_out(work_out, value.value) if value is not None else None
            if value is not None and networks is not None:
                named = [str(name) for name in (networks if isinstance(networks, list) else [networks])]
                yield from _unknown_networks(site, variable, named, value.place)
                for host in groups.get(group, ()):
                    if _is_derived(site, KOLLAS[variable], host):
                        devices = site.variables.value("groundplane_interfaces", host)
                        for network in named:
                            if network in site.networks.networks and network not in (devices.value if devices else {}):
                                lacking.setdefault((network, group), []).append(host)
    told: set[str] = set()
    for (network, group), hosts in lacking.items():
        if network not in told:
            told.add(network)
            yield Problem(
                f"nothing says which interface of {_listed(hosts)} is in the network '{network}', and hosts in "
                f"'{group}' need one there",
                f"Add {network}: {{interface: NAME}} to {VARIABLE}, and {network} to the hosts' `networks` where they "
                "have addresses in it.",
                _place(site, hosts[0]),
            )


def _unknown_networks(site: Site, variable: str, networks: list[str], place: Place) -> Iterator[Problem]:
    for network in networks:
        if network not in site.networks.networks and network not in site.file.networks:
            known = ", ".join(site.networks.networks)
            yield Problem(f"{variable} names the network '{network}'", f"site.yml has {known}.", place)


def _certificates(site: Site) -> Iterator[Problem]:
    """Of those that the site brings; missing secrets are told elsewhere."""
    if not site.secrets_loaded:
        return
    for door in doors(site):
        key = site.variables.value(door.key, None)
        if (site.path / door.own).is_file() and key is not None:
            try:
                vip_certificates(site)
            except InputError as error:
                yield Problem(error.what, error.cure, error.place)
            return


def _is_derived(site: Site, name: str, host: str) -> bool:
    value = site.variables.value(name, host)
    return value is None or value.level is Level.DEFAULT


def _place(site: Site, host: str) -> Place | None:
    value = site.variables.value(VARIABLE, host)
    return value.place if value is not None else Place(site.inventory.path)


def _worked_out(work_out: Conditions, value: Any) -> Any:
    try:
        return work_out.value(value)
    except InputError:
        return None


def _listed(hosts: list[str], most: int = 4) -> str:
    shown = ", ".join(hosts[:most])
    return shown if len(hosts) <= most else f"{shown} and {len(hosts) - most} more"
