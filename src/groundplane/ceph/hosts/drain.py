"""Plans to move all data and daemons away from a host (`ceph orch host drain`, cephadm/host-management)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.ceph.hosts.members import (
    DRAINING_LABEL,
    member,
    quorum_problems,
    speaker_beside,
    still_in_the_inventory,
)
from groundplane.ceph.room import in_bytes, room_problems
from groundplane.counting import counted
from groundplane.errors import InputError, Problem
from groundplane.run.operation import Operation
from groundplane.run.stages import Stage

if TYPE_CHECKING:
    from groundplane.ceph.configuration import CephConfiguration
    from groundplane.ceph.state import CephHost, ClusterState
    from groundplane.site.site import Site

COMMAND = "ceph host drain"
LONGEST_MINUTES = 7 * 24 * 60.0
"""Data moves as fast as it can; the stage itself gives up where nothing moves any more."""
NO_MOVING_FLAGS = frozenset({"norebalance", "nobackfill", "norecover", "pauserd", "pausewr"})
"""While one of these is set, nothing moves away (rados/operations/health-checks, OSDMAP_FLAGS)."""


def plan_drain(
    site: Site, configuration: CephConfiguration, state: ClusterState, host: str, *, wipe: bool = False
) -> Operation:
    """Data first: each OSD is emptied, then stopped and taken out of the cluster; then the other daemons go.

    Args:
        wipe: wipe the disks of the OSDs once they are empty, so that they can be used again.

    Raises:
        InputError: the cluster doesn't know the host, or draining it would never end or take the cluster down; with all
            reasons.
    """
    known = member(state, host)
    daemons, osds = state.daemons_of(host), state.osds_of(host)
    draining = DRAINING_LABEL in known.labels
    command = f"{COMMAND} {host}" + (" --wipe" if wipe else "")
    title = f"Drain {host}"
    if draining and not daemons and not osds:
        return Operation(
            command, title, nothing=f"it has neither data nor daemons any more; groundplane ceph host remove {host}"
        )
    problems = _state_problems(known, state, draining=draining)
    problems += quorum_problems(state, host)
    problems += room_problems(state, {osd.id for osd in osds})
    if problems:
        raise InputError(
            f"{host} can't be drained", cure="Nothing was changed.", problems=tuple(dict.fromkeys(problems))
        )
    speaker = speaker_beside(configuration, state, host)
    folder = site.content.playbooks / "ceph" / "operations"
    stages = [
        Stage(
            "ceph.host_drain",
            f"Data and daemons leave {host}",
            folder / "host_drain.yml",
            (speaker,),
            {"ceph_drained_host": host},
            timeout_minutes=LONGEST_MINUTES,
        )
    ]
    if wipe and osds:
        drained = [{"id": osd.id, "devices": list(osd.devices)} for osd in osds]
        variables = {"ceph_drained_fsid": state.fsid, "ceph_drained_osds": drained}
        stages.append(
            Stage("ceph.host_wipe", f"Disks of {host} are wiped", folder / "host_wipe.yml", (host,), variables)
        )
    return Operation(
        command,
        title + (", which was begun before" if draining else ""),
        lines=_lines(state, host, wipe=wipe),
        stages=tuple(stages),
        warnings=_warnings(site, configuration, state, host),
        danger=f"the disks of {counted(len(osds), 'OSD')} on {host} are wiped once their data lies elsewhere"
        if wipe and osds
        else "",
        confirm=host if wipe and osds else "",
    )


def draining_progress(state: ClusterState, *, host: str) -> str:
    """How far a drain is, in a sentence."""
    osds = state.osds_of(host)
    groups = sum(osd.pgs for osd in osds)
    if osds:
        moving = ", ".join(f"{osd.name} {counted(osd.pgs, 'placement group')}" for osd in osds)
        return f"{host} still holds {moving}" if groups else f"{host}'s OSDs are empty and about to go"
    daemons = sorted(daemon.name for daemon in state.daemons_of(host) if daemon.type != "osd")
    return f"{host} still has {', '.join(daemons)}" if daemons else ""


def _state_problems(known: CephHost, state: ClusterState, *, draining: bool) -> list[Problem]:
    problems = []
    if known.status == "offline":
        problems.append(
            Problem(
                f"{known.name} is offline, so nothing can move off it in order",
                f"Bring it back; or, where it is gone for good: groundplane ceph host remove {known.name} --offline",
            )
        )
    elif known.status == "maintenance":
        problems.append(Problem(f"{known.name} is in maintenance", f"groundplane ceph maintenance clear {known.name}"))
    if not state.clean and not draining:
        unclean = ", ".join(f"{count} {name}" for name, count in state.pg_states.items() if "clean" not in name)
        problems.append(
            Problem(
                f"not all placement groups are active and clean ({unclean or 'some are inactive'}), so a copy less "
                "could be one too few",
                "Wait until they are, or mend what keeps them from it: groundplane ceph status",
            )
        )
    down = [osd.name for osd in state.osds if not osd.up and not osd.destroyed and osd.host != known.name]
    if down and not draining:
        problems.append(
            Problem(f"{', '.join(down)} elsewhere is down", "Bring it up, or replace it: groundplane ceph osd replace")
        )
    if stopping := sorted(state.flags & NO_MOVING_FLAGS):
        problems.append(
            Problem(
                f"flags keep data where it is: {', '.join(stopping)}",
                "Clear them when what they were set for is done: ceph osd unset FLAG.",
            )
        )
    if state.upgrade.in_progress:
        problems.append(
            Problem(f"an upgrade to {state.upgrade.target} is under way", "groundplane upgrade ceph --status")
        )
    return problems


def _lines(state: ClusterState, host: str, *, wipe: bool) -> tuple[str, ...]:
    osds, daemons = state.osds_of(host), state.daemons_of(host)
    others = sorted(daemon.name for daemon in daemons if daemon.type != "osd")
    lines = [f"No daemon is started on {host} any more"]
    if osds:
        names = ", ".join(osd.name for osd in osds)
        groups, used = sum(osd.pgs for osd in osds), in_bytes(sum(osd.used for osd in osds))
        lines.append(f"The data of {names} moves to other hosts: {counted(groups, 'placement group')}, {used}")
        lines.append(f"When they are empty, {names} {'leaves' if len(osds) == 1 else 'leave'} the cluster")
        if wipe:
            lines.append("Their disks are wiped")
    if others:
        lines.append(f"{', '.join(others)} {'is' if len(others) == 1 else 'are'} taken away")
    lines.append(f"The administrator's key is taken off {host}")
    return tuple(lines)


def _warnings(site: Site, configuration: CephConfiguration, state: ClusterState, host: str) -> tuple[str, ...]:
    found = []
    mons = [mon.name for mon in state.mons if mon.name != host]
    if len(mons) < len(state.mons) and len(mons) % 2 == 0:
        may = (len(mons) - 1) // 2
        found.append(f"{len(mons)} monitors remain, of which {'none' if may == 0 else may} may fail.")
    for type_, people in (("rgw", "gateway"), ("mds", "metadata server")):
        there = [daemon for daemon in state.daemons if daemon.type == type_]
        if there and all(daemon.host == host for daemon in there):
            found.append(f"No {people} remains: what they serve isn't to be had until one runs elsewhere.")
    return (*found, *still_in_the_inventory(site, configuration, host, "drained"))
