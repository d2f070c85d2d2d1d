"""Compares where an adopted cluster's daemons run with the site's hosts, groups and networks."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from groundplane.ceph.adopt.part import Part
from groundplane.errors import Problem
from groundplane.site.source import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from groundplane.ceph.adopt.part import Answers
    from groundplane.ceph.state import ClusterState
    from groundplane.site.site import Site

LAYER_GROUPS = ("control", "storage")
"""Hosts of the layer are in one of them."""
GROUP_OPTIONS = {
    "mon": ("ceph_mon_group", "control", "monitors"),
    "mgr": ("ceph_mgr_group", "control", "managers"),
    "osd": ("ceph_osd_group", "storage", "OSDs"),
    "rgw": ("ceph_gateway_group", "control", "gateways"),
    "mds": ("ceph_filesystem_group", "control", "metadata servers"),
}
"""Daemon type to the option that names its hosts' group, that option's default, and what people call the daemons."""
EXACT = frozenset({"mon", "mgr", "rgw", "mds"})
"""Applying the layer puts one on every host of the group and takes others away."""


def compare_hosts(site: Site, state: ClusterState) -> Part:
    """Every host of the cluster has to be one of the site's, under the same name and address."""
    problems = []
    hosts_file = site.inventory.path
    within = {host for group in LAYER_GROUPS for host in site.inventory.group_hosts.get(group, ())}
    for host in state.hosts:
        daemons = sorted(daemon.name for daemon in state.daemons_of(host.name))
        runs = f"and {', '.join(daemons)} {'run' if len(daemons) > 1 else 'runs'} there" if daemons else ""
        if host.name not in site.inventory.hosts:
            known = _by_address(site, host.address)
            cure = (
                f"The site calls it {known}: give it the name {host.name} in the inventory; cephadm knows hosts by "
                "their own host names."
                if known
                else f"Add {host.name} ({host.address}) to the inventory. "
                + suggest(host.name, site.inventory.hosts, "A host can't be half of the site's.")
            )
            problems.append(Problem(f"the site doesn't know the cluster's host {host.name} {runs}".rstrip(), cure))
            continue
        place = site.inventory.hosts[host.name].place
        addresses = site.networks.addresses.get(host.name, {})
        if host.address not in addresses.values():
            problems.append(
                Problem(
                    f"the cluster reaches {host.name} at {host.address}, which isn't an address that the site gives it",
                    f"It gives {', '.join(addresses.values()) or 'none'}; correct the host's host_number or addresses.",
                    place,
                )
            )
        if host.name not in within:
            problems.append(
                Problem(
                    f"{host.name} is in neither of the groups {' and '.join(LAYER_GROUPS)}, which the layer works on",
                    "Add it to one of them.",
                    place,
                )
            )
    known_hosts = {host.name for host in state.hosts}
    strays = sorted({daemon.host for daemon in state.daemons} - known_hosts)
    problems += [
        Problem(
            f"daemons run on {host}, which the orchestrator doesn't know as a host",
            "Look after these first: ceph health detail, CEPHADM_STRAY_HOST.",
        )
        for host in strays
        if host
    ]
    if not state.hosts:
        problems.append(Problem("the orchestrator knows no hosts", f"Compare with {hosts_file}: ceph orch host ls"))
    return Part(problems=tuple(problems))


def choose_groups(site: Site, state: ClusterState) -> Part:
    """The group for each kind of daemon: one whose hosts are just those where they run, so that none has to move."""
    values, problems, notes = {}, [], []
    for type_, (option, default, people) in GROUP_OPTIONS.items():
        runs = _hosts_of(state, type_)
        if not runs:
            continue
        groups = {name: frozenset(hosts) for name, hosts in site.inventory.group_hosts.items() if name != "ungrouped"}
        ordered = [default, *sorted(name for name in groups if name != default)]
        exact = [name for name in ordered if groups.get(name) == runs]
        if exact:
            chosen = exact[0]
        elif type_ not in EXACT and runs <= groups.get(default, frozenset()):
            chosen = default
            more = ", ".join(sorted(groups[default] - runs))
            notes.append(f"No {people} run on {more}, which the group {default} has too; that stays so.")
        else:
            problems.append(_no_group(people, option, runs, default, groups))
            continue
        if chosen != default:
            values[option] = chosen
    if "ceph_mon_group" in values and "ceph_mgr_group" not in values and _hosts_of(state, "mgr"):
        # The managers' group is the monitors' where nothing is said.
        values["ceph_mgr_group"] = "control"
    if values.get("ceph_mgr_group") == values.get("ceph_mon_group"):
        values.pop("ceph_mgr_group", None)
    return Part(values, notes=tuple(notes), problems=tuple(problems))


def choose_networks(site: Site, answers: Answers, state: ClusterState) -> Part:
    """The site's names for the cluster's networks."""
    values: dict[str, str] = {}
    problems = []
    for option, setting in (("ceph_public_network", "public_network"), ("ceph_cluster_network", "cluster_network")):
        written = _setting(answers, setting)
        if not written:
            continue
        name = _network(site, written)
        if name is None:
            problems.append(
                Problem(
                    f"the cluster's {setting.replace('_', ' ')} {written} isn't one of the site's networks",
                    f"Add it to networks in site.yml; there are {', '.join(_cidrs(site))}.",
                    site.source.place("networks"),
                )
            )
        else:
            values[option] = name
    if "ceph_public_network" not in values and not problems:
        values |= _by_monitors(site, state)
    if values.get("ceph_cluster_network") == values.get("ceph_public_network"):
        values.pop("ceph_cluster_network", None)
    return Part(values, problems=tuple(problems))


def compare_locations(site: Site, state: ClusterState, domains: Mapping[str, str]) -> Part:
    """Where hosts stand in the CRUSH map. Where the site would have them elsewhere, data would move: it doesn't.

    Args:
        domains: CRUSH type to the host variable that has its name (ceph_failure_domains).
    """
    elsewhere = []
    for host in state.hosts:
        if host.name not in site.inventory.hosts or not state.osds_of(host.name):
            continue
        asked = {type_: _variable(site, name, host.name) for type_, name in domains.items()}
        stands = {type_: name for type_, name in host.location.items() if type_ != "root"}
        if stands != {type_: name for type_, name in asked.items() if name}:
            shown = ", ".join(f"{type_} {name}" for type_, name in stands.items()) or "directly below the root"
            elsewhere.append(f"{host.name} ({shown})")
    if not elsewhere:
        return Part()
    note = (
        f"In the CRUSH map these stand elsewhere than the inventory says: {', '.join(elsewhere)}. They stay there, "
        "because moving them moves data; ceph_failure_domains: {} says so."
    )
    return Part({"ceph_failure_domains": {}}, notes=(note,))


def _hosts_of(state: ClusterState, type_: str) -> frozenset[str]:
    if type_ == "osd":
        return frozenset(osd.host for osd in state.osds if osd.host)
    return frozenset(daemon.host for daemon in state.daemons if daemon.type == type_)


def _no_group(
    people: str, option: str, runs: frozenset[str], default: str, groups: Mapping[str, frozenset[str]]
) -> Problem:
    there = ", ".join(sorted(groups.get(default, frozenset()))) or "no host"
    return Problem(
        f"{people} run on {', '.join(sorted(runs))}, and no group of the inventory has just these hosts",
        f"Make one in inventory/hosts.yml, so that none has to move (the group {default} has {there}); adopt then "
        f"finds it and sets {option}.",
    )


def _by_address(site: Site, address: str) -> str:
    return next((host for host, own in site.networks.addresses.items() if address in own.values()), "")


def _setting(answers: Answers, name: str) -> str:
    """A setting of the whole cluster, from its own database."""
    found = [entry for entry in answers["config"] if entry["name"] == name and not entry.get("mask")]
    order = {"global": 0, "mon": 1, "osd": 1}
    found.sort(key=lambda entry: order.get(entry["section"], 2))
    return str(found[0]["value"]) if found else ""


def _network(site: Site, written: str) -> str | None:
    """The site's network of this CIDR; of several (`A,B`) the first that the site has."""
    wanted = [ipaddress.ip_network(part.strip(), strict=False) for part in written.split(",") if part.strip()]
    for cidr in wanted:
        for name, network in site.networks.networks.items():
            if ipaddress.ip_network(network.cidr, strict=False) == cidr:
                return name
    return None


def _by_monitors(site: Site, state: ClusterState) -> dict[str, str]:
    for name, network in site.networks.networks.items():
        cidr = ipaddress.ip_network(network.cidr, strict=False)
        if state.mons and all(ipaddress.ip_address(mon.address) in cidr for mon in state.mons):
            return {"ceph_public_network": name}
    return {}


def _cidrs(site: Site) -> Iterable[str]:
    return (f"{name} ({network.cidr})" for name, network in site.networks.networks.items())


def _variable(site: Site, name: str, host: str) -> str:
    found = site.variables.value(name, host)
    return "" if found is None or found.value is None else str(found.value)
