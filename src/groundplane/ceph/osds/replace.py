"""Plans to give an OSD a new disk under its old id (Ceph's documentation: rados/operations/add-or-rm-osds)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from groundplane.ceph.osds.add import making_stage
from groundplane.ceph.room import room_problems
from groundplane.ceph.state import is_clean
from groundplane.counting import counted
from groundplane.errors import InputError, Problem
from groundplane.run.operation import Operation
from groundplane.run.stages import Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundplane.ceph.configuration import CephConfiguration
    from groundplane.ceph.osds.disks import DiskView, HostDisks
    from groundplane.ceph.state import ClusterState, Osd
    from groundplane.site.site import Site

COMMAND = "ceph osd replace"
DRAIN_MINUTES = 7 * 24 * 60.0


def find_osd(state: ClusterState, name: str) -> Osd:
    """The OSD called "osd.3" or "3".

    Raises:
        InputError: that isn't an OSD's name, or the cluster has no such OSD.
    """
    number = re.fullmatch(r"(?:osd\.)?(\d+)", name.strip())
    found = state.osd(int(number.group(1))) if number else None
    if found is None:
        names = ", ".join(osd.name for osd in state.osds[:20])
        raise InputError(
            f"The cluster has no OSD {name}", cure=f"It has {names or 'none'}; groundplane ceph osd list shows them."
        )
    return found


def plan_replace_osd(
    site: Site,
    configuration: CephConfiguration,
    state: ClusterState,
    disks: HostDisks,
    osd: Osd,
    *,
    drain: bool = False,
    keep: bool = False,
    later: bool = False,
) -> Operation:
    """Stops the OSD, marks it destroyed, wipes its disk, and makes an OSD of the same id of an empty disk.

    It may be cut off anywhere and goes on when called again.

    Args:
        disks: what the OSD's host has, asked a moment ago.
        drain: move its data to other OSDs first.
        keep: leave the old disk as it is.
        later: make no new OSD; the next new disk of the host gets the id.

    Raises:
        InputError: data could be lost, the host is away, or no disk is there for it; with all reasons.
    """
    old = disks.disks_of(osd.id, state.fsid)
    new = _new_disk(disks, old, keep=keep)
    problems = _problems(configuration, state, disks, osd, drain=drain)
    if not later and not new:
        problems.append(_no_disk(disks, osd, old, keep=keep))
    if problems:
        raise InputError(f"{osd.name} can't be replaced", cure="Nothing was changed.", problems=tuple(problems))
    options = "".join(f" --{name}" for name, given in (("drain", drain), ("keep", keep), ("later", later)) if given)
    stages = [_destroying_stage(site, configuration, state, osd, drain=drain, keep=keep)]
    if not later:
        stages.append(making_stage(site, state, (osd.host,), f"{osd.name} on its new disk"))
    return Operation(
        f"{COMMAND} {osd.name}{options}",
        f"Replace {osd.name} on {osd.host}",
        lines=tuple(_lines(osd, old, new, drain=drain, keep=keep, later=later)),
        stages=tuple(stages),
        warnings=_warnings(state, osd, drain=drain),
        danger=_danger(state, osd, old, keep=keep),
        confirm=osd.name,
    )


def _new_disk(disks: HostDisks, old: Sequence[DiskView], *, keep: bool) -> str:
    """What would become the OSD: an empty disk that the site names, or the old one once it is wiped."""
    if disks.new:
        return disks.new[0].described
    blocks = [disk for disk in old if any(part.role == "block" for part in disk.osds)]
    named = set(disks.named.values())
    reused = [disk for disk in blocks if disk.path in named or not disks.named]
    return f"{reused[0].described}, once it is wiped," if reused and not keep else ""


def _problems(
    configuration: CephConfiguration, state: ClusterState, disks: HostDisks, osd: Osd, *, drain: bool
) -> list[Problem]:
    problems = []
    host = state.host(osd.host)
    if osd.host not in configuration.osd_hosts:
        problems.append(
            Problem(
                f"{osd.name} is on {osd.host or 'no host'}, which isn't among the site's hosts with OSDs",
                "Put it into the group of ceph_osd_group, with its disks.",
            )
        )
    elif host is None or host.status:
        why = host.status if host is not None else "not among the cluster's hosts"
        problems.append(Problem(f"{osd.host} is {why}", "Bring it back first: groundplane ceph status"))
    if osd.destroyed:
        return problems
    inactive = sum(count for name, count in state.pg_states.items() if "active" not in name.split("+"))
    unclean = sum(count for name, count in state.pg_states.items() if not is_clean(name))
    if inactive:
        problems.append(
            Problem(
                f"{counted(inactive, 'placement group')} can't be read now, and {osd.name} may have the only copy",
                "Bring back what is down first: groundplane ceph status",
            )
        )
    elif osd.up and osd.in_ and unclean:
        problems.append(
            Problem(
                f"{counted(unclean, 'placement group')} lack copies already, and {osd.name} runs and has some of them",
                "Wait until all are active and clean: groundplane ceph status",
            )
        )
    if drain and osd.up:
        problems += room_problems(state, {osd.id})
    return problems


def _no_disk(disks: HostDisks, osd: Osd, old: Sequence[DiskView], *, keep: bool) -> Problem:
    if disks.refusal:
        return Problem(f"{disks.host}: {disks.refusal}", "Or add --later: the next new disk of the host gets the id.")
    kept = f" and its own disk {old[0].path} is kept" if keep and old else ""
    return Problem(
        f"the site names no empty disk of {disks.host} for it{kept}",
        f"Name one in the disks of {disks.host}; or add --later, and the next new disk of {disks.host} becomes"
        f" {osd.name}.",
    )


def _destroying_stage(
    site: Site, configuration: CephConfiguration, state: ClusterState, osd: Osd, *, drain: bool, keep: bool
) -> Stage:
    groups = configuration.drive_groups.get(osd.host, ())
    named = [
        path
        for group in groups
        for devices in (group.data_devices, group.db_devices, group.wal_devices)
        if devices is not None
        for path in devices.paths
    ]
    return Stage(
        "ceph.osd_destroy",
        f"{osd.name} leaves its disk",
        site.content.playbooks / "ceph" / "operations" / "osd_destroy.yml",
        tuple(dict.fromkeys((osd.host, state.speaker))),
        {
            "ceph_speaker": state.speaker,
            "ceph_destroyed_host": osd.host,
            "ceph_destroyed_osd": osd.id,
            "ceph_destroyed_fsid": state.fsid,
            "ceph_destroyed_drain": drain and osd.up,
            "ceph_destroyed_keep": keep,
            "ceph_destroyed_paths": sorted({*named, *osd.devices}),
        },
        timeout_minutes=DRAIN_MINUTES if drain else 30,
    )


def _lines(osd: Osd, old: Sequence[DiskView], new: str, *, drain: bool, keep: bool, later: bool) -> list[str]:
    lines = []
    if osd.destroyed:
        lines.append(f"{osd.name} is destroyed already")
    else:
        if drain and osd.up:
            lines.append(f"Its data moves to other OSDs, which takes until {osd.name} is empty")
        lines += [f"The daemon {osd.name} stops", f"{osd.name} is marked destroyed; its id stays"]
    if keep:
        lines.append("Its old disk stays as it is")
    else:
        lines += [f"{disk.described} is wiped" for disk in old] or ["Its old disk isn't there any more"]
    if later:
        return [*lines, f"The next new disk of {osd.host} becomes {osd.name}: groundplane ceph osd add {osd.host}"]
    return [*lines, f"{new} becomes {osd.name}, and its data comes back from the other copies"]


def _warnings(state: ClusterState, osd: Osd, *, drain: bool) -> tuple[str, ...]:
    found = []
    if osd.up and osd.in_ and not drain and not osd.destroyed and osd.pgs:
        found.append(
            f"{osd.name} runs: {counted(osd.pgs, 'placement group')} have a copy less until the new disk is filled;"
            " with --drain they wouldn't"
        )
    others = [each.name for each in state.osds if not each.up and not each.destroyed and each.id != osd.id]
    if others:
        found.append(f"{', '.join(others)} {'is' if len(others) == 1 else 'are'} down as well")
    return tuple(found)


def _danger(state: ClusterState, osd: Osd, old: Sequence[DiskView], *, keep: bool) -> str:
    if osd.destroyed and (keep or not old):
        return f"what {osd.name} held is gone already"
    unclean = sum(count for name, count in state.pg_states.items() if not is_clean(name))
    what = f"all that is on {osd.name}" + ("" if keep or not old else f" ({', '.join(disk.path for disk in old)})")
    if unclean:
        return f"{what} is given up; {counted(unclean, 'placement group')} lack a copy now, and must not lose another"
    return f"{what} is given up; all placement groups have their other copies"
