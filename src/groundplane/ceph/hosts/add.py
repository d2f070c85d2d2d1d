"""What a host of the inventory would get when it joins the cluster, and what has to be taken back first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.ceph.hosts.members import DRAINING_LABELS, speaker_beside
from groundplane.errors import InputError, Problem
from groundplane.run.operation import Operation
from groundplane.run.stages import Stage

if TYPE_CHECKING:
    from groundplane.ceph.configuration import CephConfiguration, Devices, DriveGroup
    from groundplane.ceph.state import ClusterState
    from groundplane.site.site import Site

COMMAND = "ceph host add"
STEPS = ("ceph.hosts", "ceph.cluster", "ceph.osds", "ceph.gateway", "ceph.filesystems")
"""The layer's steps that have to do with hosts."""
DAEMONS = {"mon": "monitor", "mgr": "manager", "rgw": "gateway", "mds": "metadata server"}
"""Type to what people call it."""


def plan_add(site: Site, configuration: CephConfiguration, state: ClusterState, host: str) -> Operation:
    """What it gets, in lines; the stages only take back a drain that was begun. The layer's steps do the rest.

    Raises:
        InputError: the inventory doesn't have the host, or not in a group of the layer; the cluster isn't well.
    """
    command = f"{COMMAND} {host}"
    title = f"Add {host} to the cluster"
    problems = _problems(site, configuration, state, host)
    if problems:
        raise InputError(f"{host} can't be added", cure="Nothing was changed.", problems=tuple(problems))
    known = state.host(host)
    drained = [label for label in DRAINING_LABELS if known is not None and label in known.labels]
    if known is not None and not drained and not _lacks(configuration, state, host):
        return Operation(command, title, nothing="it is a part of it, with all that the site asks for")
    stages = []
    lines = []
    if drained:
        lines.append(
            "The drain that was begun is taken back: data that hasn't moved yet stays, daemons may start again"
        )
        stages.append(
            Stage(
                "ceph.host_undrain",
                f"{host} isn't drained any more",
                site.content.playbooks / "ceph" / "operations" / "host_undrain.yml",
                (speaker_beside(configuration, state, host),),
                {"ceph_undrained_host": host},
            )
        )
    lines += _lines(site, configuration, state, host)
    return Operation(command, title, lines=tuple(lines), stages=tuple(stages), warnings=_warnings(state))


def _problems(site: Site, configuration: CephConfiguration, state: ClusterState, host: str) -> list[Problem]:
    if host not in site.inventory.hosts:
        cure = f"Add it to inventory/hosts.yml, in the group storage or control. {site.inventory.suggest_name(host)}"
        return [Problem(f"the inventory has no host {host}", cure)]
    if host not in configuration.hosts:
        return [
            Problem(
                f"{host} is in neither of the groups control and storage, on whose hosts the layer works",
                "Add it to storage (disks) or control (monitors, managers, gateways).",
                site.inventory.hosts[host].place,
            )
        ]
    problems = []
    known = state.host(host)
    if known is not None and known.status:
        cure = "Bring it back." if known.status == "offline" else f"groundplane ceph maintenance clear {host}"
        problems.append(Problem(f"{host} is a host of the cluster already, and {known.status}", cure))
    if state.upgrade.in_progress:
        problems.append(
            Problem(f"an upgrade to {state.upgrade.target} is under way", "groundplane upgrade ceph --status")
        )
    return problems


def _missing(configuration: CephConfiguration, state: ClusterState, host: str) -> list[str]:
    """The daemons that the site asks for on this host and that aren't there, as people call them."""
    wanted = {
        "mon": host in configuration.mon_hosts,
        "mgr": host in configuration.mgr_hosts,
        "rgw": configuration.gateway_enabled and host in configuration.gateway_hosts,
        "mds": bool(configuration.filesystems) and host in configuration.filesystem_hosts,
    }
    there = {daemon.type for daemon in state.daemons_of(host)}
    return [kind for type_, kind in DAEMONS.items() if wanted[type_] and type_ not in there]


def _groups(configuration: CephConfiguration, host: str) -> list[DriveGroup]:
    return [group for group in configuration.drive_groups.get(host, ()) if group.data_devices.chosen()]


def _lacks(configuration: CephConfiguration, state: ClusterState, host: str) -> bool:
    if _missing(configuration, state, host):
        return True
    return bool(_groups(configuration, host)) and not state.osds_of(host)


def _lines(site: Site, configuration: CephConfiguration, state: ClusterState, host: str) -> list[str]:
    lines = []
    if state.host(host) is None:
        address = site.networks.address(host, site.file.management_network) or ""
        lines.append(f"{host} ({address}) is made ready for cephadm and becomes a host of the cluster")
    location = configuration.locations.get(host, {})
    if location and configuration.failure_domains:
        lines.append(
            f"In the CRUSH map it stands in {', '.join(f'{type_} {name}' for type_, name in location.items())}"
        )
    missing = _missing(configuration, state, host)
    if missing:
        lines.append(f"It gets a {', a '.join(missing)}")
    groups = _groups(configuration, host)
    for group in groups:
        lines.append(f"OSDs are made of {_disks(group)} (drive group {group.name}); data moves onto them by and by")
    if host in configuration.osd_hosts and not groups:
        lines.append("It gets no OSD: none of its drive groups names a disk")
    return lines


def _disks(group: DriveGroup) -> str:
    text = _chosen(group.data_devices)
    if group.db_devices is not None:
        text += f", databases on {_chosen(group.db_devices)}"
    return text + (", encrypted" if group.encrypted else "")


def _chosen(devices: Devices) -> str:
    if devices.paths:
        return ", ".join(devices.paths)
    words = ["all empty disks"]
    if devices.rotational is not None:
        words.append("that spin" if devices.rotational else "that don't spin")
    words += [f"of {name} {value}" for name in ("size", "model", "vendor") if (value := getattr(devices, name))]
    if devices.limit:
        words.append(f"(at most {devices.limit})")
    return " ".join(words)


def _warnings(state: ClusterState) -> tuple[str, ...]:
    if state.health.status != "HEALTH_ERR":
        return ()
    return (f"The cluster is HEALTH_ERR: {'; '.join(state.health.checks.values())}.",)
