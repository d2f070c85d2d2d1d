"""Plans to make OSDs of the disks that the site names and that hold nothing yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.errors import InputError, Problem
from groundplane.run.operation import Operation
from groundplane.run.stages import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from groundplane.ceph.configuration import CephConfiguration
    from groundplane.ceph.osds.disks import HostDisks
    from groundplane.ceph.state import ClusterState
    from groundplane.site.site import Site

COMMAND = "ceph osd add"
REPLACE = "ceph osd replace"


def osd_hosts(configuration: CephConfiguration, names: Sequence[str]) -> tuple[str, ...]:
    """The hosts with OSDs that are meant: these, or all.

    Raises:
        InputError: one isn't such a host.
    """
    strangers = [name for name in names if name not in configuration.osd_hosts]
    if strangers:
        raise InputError(
            f"The site has no OSDs on {', '.join(strangers)}",
            cure=f"Hosts with OSDs are {', '.join(configuration.osd_hosts) or 'none'} (the group of ceph_osd_group).",
        )
    return tuple(names) or configuration.osd_hosts


def plan_add_osds(site: Site, state: ClusterState, disks: Mapping[str, HostDisks]) -> Operation:
    """Says which disks become OSDs, and which ids of destroyed OSDs they take over.

    Args:
        disks: what the hosts have, asked a moment ago.

    Raises:
        InputError: a host can't be asked, isn't in the cluster, or disks that are named can't be used; all reasons.
    """
    problems = []
    for host, found in disks.items():
        if found.error:
            problems.append(
                Problem(f"{host} can't be asked for its disks: {found.error}", f"groundplane status --limit {host}")
            )
        elif found.refusal:
            problems.append(Problem(f"{host}: {found.refusal}", "groundplane ceph osd list shows all disks."))
        elif state.host(host) is None and found.intended:
            problems.append(Problem(f"The cluster has no host {host}", f"groundplane ceph host add {host}"))
    if problems:
        raise InputError("No OSDs can be added", cure="Nothing was changed.", problems=tuple(problems))
    command = " ".join([COMMAND, *disks]) if disks else COMMAND
    hosts = tuple(host for host, found in disks.items() if found.intended)
    if not hosts:
        return Operation(
            command,
            "Add OSDs",
            nothing="each disk that the drive groups name is an OSD already; name more in the hosts' disks (ceph_osds)",
        )
    lines = []
    for host in hosts:
        again = list(disks[host].replaceable)
        for line in disks[host].intended[: len(disks[host].new)]:
            taken = f", with the id of osd.{again.pop(0)}, which was destroyed" if again else ""
            lines.append(f"{host}: {line}{taken}")
        lines += [f"{host}: {line}" for line in disks[host].intended[len(disks[host].new) :]]
    return Operation(
        command,
        f"Add OSDs on {', '.join(hosts)}",
        lines=tuple(lines),
        stages=(making_stage(site, state, hosts, "OSDs on new disks"),),
        warnings=tuple(_lost(state, disks)),
    )


def _lost(state: ClusterState, disks: Mapping[str, HostDisks]) -> Iterator[str]:
    """OSDs whose disk went: the new one in its place would get another id."""
    for host, found in disks.items():
        for osd in state.osds_of(host) if found.new else ():
            if not osd.up and not osd.destroyed and not found.disks_of(osd.id, state.fsid):
                yield (
                    f"{osd.name} of {host} is down and its disk isn't there; if {found.new[0].path} takes its place,"
                    f" rather: groundplane {REPLACE} {osd.name}"
                )


def making_stage(site: Site, state: ClusterState, hosts: tuple[str, ...], description: str) -> Stage:
    """The layer's own step; the host that speaks for the cluster takes part, and makes no OSDs unless it is meant."""
    return Stage(
        "ceph.osds",
        description,
        site.content.playbooks / "ceph" / "osds.yml",
        tuple(dict.fromkeys((*hosts, state.speaker))),
        {"ceph_speaker": state.speaker, "ceph_osds_only": list(hosts)},
    )
