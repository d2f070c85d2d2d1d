"""Plans to take a host out of a cluster: one that is drained, or one that is gone for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.ceph.hosts.members import member, quorum_problems, speaker_beside, still_in_the_inventory
from groundplane.ceph.state import is_clean
from groundplane.counting import counted
from groundplane.errors import InputError, Problem
from groundplane.run.operation import Operation
from groundplane.run.stages import Stage

if TYPE_CHECKING:
    from groundplane.ceph.configuration import CephConfiguration
    from groundplane.ceph.state import CephHost, ClusterState
    from groundplane.site.site import Site

COMMAND = "ceph host remove"
OFFLINE = "offline"


def plan_remove(
    site: Site, configuration: CephConfiguration, state: ClusterState, host: str, *, offline: bool = False
) -> Operation:
    """A drained host leaves the cluster, and the cluster's files, keys and units leave the host.

    Args:
        offline: the host is gone for good, with its OSDs.

    Raises:
        InputError: daemons or data are on it, the quorum would be lost, or the cluster doesn't know it; with all
            reasons.
    """
    command = f"{COMMAND} {host}" + (" --offline" if offline else "")
    title = f"Remove {host} from the cluster"
    if state.host(host) is None and host in site.inventory.hosts and not state.daemons_of(host):
        return Operation(command, title, nothing="the cluster doesn't have it")
    known = member(state, host)
    problems = _problems(known, state, offline=offline)
    if problems:
        raise InputError(f"{host} can't be removed", cure="Nothing was changed.", problems=tuple(problems))
    speaker = speaker_beside(configuration, state, host)
    folder = site.content.playbooks / "ceph" / "operations"
    variables = {"ceph_removed_host": host, "ceph_removed_offline": offline, "ceph_removed_fsid": state.fsid}
    stages = [
        Stage("ceph.host_remove", f"{host} leaves the cluster", folder / "host_remove.yml", (speaker,), variables)
    ]
    lines = _lines(state, host, offline=offline)
    if not offline and host in site.inventory.hosts:
        lines.append(f"The cluster's files, keys and units leave {host}; its disks stay as they are")
        stages.append(
            Stage("ceph.host_clean", f"What is left on {host}", folder / "host_clean.yml", (host,), variables)
        )
    osds = state.osds_of(host)
    return Operation(
        command,
        title,
        lines=tuple(lines),
        stages=tuple(stages),
        warnings=still_in_the_inventory(site, configuration, host, "removed"),
        danger=_danger(state, host) if offline and osds else "",
        confirm=host if offline and osds else "",
    )


def _problems(known: CephHost, state: ClusterState, *, offline: bool) -> list[Problem]:
    host = known.name
    problems = []
    if offline and known.status != OFFLINE:
        problems.append(
            Problem(
                f"{host} isn't offline, as far as the orchestrator knows",
                f"groundplane ceph host drain {host} moves its data and daemons away first.",
            )
        )
    elif not offline and known.status == OFFLINE:
        problems.append(
            Problem(f"{host} is offline", "Bring it back and drain it; or, where it is gone for good, add --offline.")
        )
    if not offline:
        names = sorted({daemon.name for daemon in state.daemons_of(host)} | {osd.name for osd in state.osds_of(host)})
        if names:
            problems.append(
                Problem(
                    f"{counted(len(names), 'daemon')} still {'belongs' if len(names) == 1 else 'belong'} to {host}: "
                    f"{', '.join(names)}",
                    f"groundplane ceph host drain {host}",
                )
            )
    return [*problems, *quorum_problems(state, host)]


def _lines(state: ClusterState, host: str, *, offline: bool) -> list[str]:
    osds = state.osds_of(host)
    lines = []
    if offline and osds:
        lines.append(f"{', '.join(osd.name for osd in osds)} are purged: the cluster forgets them and their data")
    others = sorted(daemon.name for daemon in state.daemons_of(host) if daemon.type != "osd")
    if offline and others:
        lines.append(f"{', '.join(others)} are forgotten")
    return [*lines, f"{host} leaves the orchestrator's hosts and the CRUSH map"]


def _danger(state: ClusterState, host: str) -> str:
    names = ", ".join(osd.name for osd in state.osds_of(host))
    unclean = sum(count for name, count in state.pg_states.items() if not is_clean(name))
    inactive = sum(count for name, count in state.pg_states.items() if "active" not in name.split("+"))
    text = f"what only {names} hold is gone for good"
    if inactive:
        return f"{text}; {counted(inactive, 'placement group')} can't be read now and may come back with {host} alone"
    if unclean:
        return f"{text}; {counted(unclean, 'placement group')} don't have all copies now"
    return f"{text}; now all placement groups have all their copies elsewhere"
