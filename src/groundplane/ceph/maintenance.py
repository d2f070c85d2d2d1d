"""Maintenance of hosts: their OSDs aren't taken for lost (noout) while somebody works on them.

Who set it is noted in the cluster's own store (`groundplane/maintenance/HOST`), so any command on any machine can say
so. What a run sets for its own time carries its id; where that run is gone, the next one clears it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundplane.ceph.findings import short
from groundplane.errors import InputError, Problem
from groundplane.run.operation import Operation
from groundplane.run.stages import Stage
from groundplane.site.source import suggest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundplane.ceph.configuration import CephConfiguration
    from groundplane.ceph.state import ClusterState
    from groundplane.site.site import Site

FOLDER = "groundplane/maintenance/"
FLAG = "noout"
RUN = "run"
"""Kind of a note that a run made for its own time; the other kind is a person's."""
MINUTES = 10.0


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A host in maintenance.

    Attributes:
        flags: what is set for its OSDs; empty where only the note is there.
        kind: person, run, or empty where nobody left a note: another program's.
    """

    host: str
    flags: tuple[str, ...] = ()
    kind: str = ""
    by: str = ""
    since: str = ""
    reason: str = ""
    run: str = ""

    @property
    def of_a_run(self) -> bool:
        return self.kind == RUN

    def sentence(self) -> str:
        """Who, since when and why, in a line."""
        if not self.kind:
            return "set by something else than Groundplane"
        who = f"by {self.by or 'somebody'} since {self.since or 'an unknown time'}"
        if self.of_a_run:
            return f"{who}, for the run {self.run}"
        return f"{who}: {self.reason}" if self.reason else who


def read_maintenance(state: ClusterState) -> tuple[Maintenance, ...]:
    """All hosts in maintenance, by name."""
    notes = {key[len(FOLDER) :]: text for key, text in state.markers.items() if key.startswith(FOLDER)}
    found = []
    for host in sorted({*notes, *(host for host, flags in state.host_flags.items() if FLAG in flags)}):
        note = _read(notes[host]) if host in notes else {}
        found.append(
            Maintenance(
                host,
                tuple(sorted(state.host_flags.get(host, ()))),
                kind=note.get("kind", "person") if host in notes else "",
                **{key: note.get(key, "") for key in ("by", "since", "reason", "run")},
            )
        )
    return tuple(found)


def leftovers(state: ClusterState) -> tuple[Maintenance, ...]:
    """What runs set for their own time; while no other run holds the site's lock, those runs are gone."""
    return tuple(entry for entry in read_maintenance(state) if entry.of_a_run)


def clearing_stages(site: Site, configuration: CephConfiguration, state: ClusterState) -> tuple[Stage, ...]:
    """A stage that clears what runs that are gone left behind; none where there is nothing of the kind."""
    left = leftovers(state)
    if not left:
        return ()
    names = ", ".join(entry.host for entry in left)
    return (
        _stage(
            site,
            speakers(configuration, state),
            "leftovers",
            f"Maintenance of {names} is ended: the run that set it is gone",
            (),
            by="",
        ),
    )


def plan_set(
    site: Site, configuration: CephConfiguration, state: ClusterState, host: str, *, by: str, reason: str = ""
) -> Operation:
    """Puts a host into maintenance.

    Raises:
        InputError: unknown host; another one is in maintenance; the others couldn't serve all data without this one.
    """
    name = _known(state, host)
    title, command = f"Put {name} into maintenance", f"ceph maintenance set {name}"
    there = {entry.host: entry for entry in read_maintenance(state)}
    if name in there and there[name].kind == "person":
        return Operation(command, title, nothing=f"it is already, {there[name].sentence()}")
    problems = [
        Problem(
            f"{other} is in maintenance ({entry.sentence()}); with two hosts away data can't be reached",
            f"groundplane ceph maintenance clear {other}",
        )
        for other, entry in there.items()
        if other != name and not entry.of_a_run
    ]
    osds = state.osds_of(name)
    down = [osd.name for osd in state.osds if not osd.up and not osd.destroyed and osd.host != name]
    if down:
        problems.append(Problem(f"{', '.join(down)} elsewhere is down already", "groundplane ceph status"))
    if problems:
        raise InputError(f"{name} can't go into maintenance now", problems=tuple(problems))
    lines = [
        f"{', '.join(osd.name for osd in osds)} stay in while they are away, so no data is moved ({FLAG})"
        if osds
        else "It has no OSDs, so it is only noted",
        f"Ended by: groundplane ceph maintenance clear {name}",
    ]
    warnings = []
    if not state.clean:
        warnings.append("Not all placement groups are active and clean: wait before the host is stopped.")
    mons = [mon for mon in state.mons if mon.in_quorum and mon.name != name]
    if len(mons) <= len(state.mons) // 2 and any(mon.name == name for mon in state.mons):
        warnings.append(f"Without {name} the monitors have no quorum, and nothing can be read or written.")
    return Operation(
        command,
        title,
        lines=tuple(lines),
        stages=(
            *clearing_stages(site, configuration, state),
            _stage(
                site,
                speakers(configuration, state),
                "set",
                f"{name} is put into maintenance",
                (name,),
                by=by,
                reason=reason,
            ),
        ),
        warnings=tuple(warnings),
    )


def plan_clear(
    site: Site, configuration: CephConfiguration, state: ClusterState, hosts: Sequence[str], *, by: str
) -> Operation:
    """Ends maintenance of these hosts, of all where none is named; also where something else set it.

    Raises:
        InputError: an unknown host.
    """
    there = {entry.host: entry for entry in read_maintenance(state)}
    names = [_known(state, host) for host in hosts] if hosts else list(there)
    wanted = tuple(name for name in names if name in there)
    command = " ".join(("ceph maintenance clear", *(hosts or ("--all",))))
    if not wanted:
        whose = ", ".join(names) or "no host"
        return Operation(command, "End maintenance", nothing=f"{whose} {'are' if len(names) > 1 else 'is'} not in it")
    return Operation(
        command,
        f"End maintenance of {', '.join(wanted)}",
        lines=tuple(f"{name}: {FLAG}, {there[name].sentence()}, is cleared" for name in wanted),
        stages=(
            _stage(
                site,
                speakers(configuration, state),
                "cleared",
                f"Maintenance of {', '.join(wanted)} is ended",
                wanted,
                by=by,
            ),
        ),
        warnings=tuple(
            f"{osd.name} on {name} is down; without {FLAG} its data is copied elsewhere after ten minutes."
            for name in wanted
            for osd in state.osds_of(name)
            if not osd.up and osd.in_
        ),
    )


def speakers(configuration: CephConfiguration, state: ClusterState) -> tuple[str, ...]:
    """Who speaks for the cluster: the host that just did, since another one may be the very host that is down."""
    return (state.speaker,) if state.speaker in configuration.mon_hosts else configuration.mon_hosts


def _known(state: ClusterState, host: str) -> str:
    """The cluster's name of a host.

    Raises:
        InputError: it has none.
    """
    for known in state.hosts:
        if known.name == host or short(known.name) == short(host):
            return known.name
    raise InputError(f"The cluster has no host {host}", cure=suggest(host, [known.name for known in state.hosts]))


def _read(text: str) -> dict[str, str]:
    try:
        note = json.loads(text)
    except ValueError:
        return {}
    return {key: str(value) for key, value in note.items()} if isinstance(note, dict) else {}


def _stage(
    site: Site,
    speaking: tuple[str, ...],
    state: str,
    description: str,
    hosts: Sequence[str],
    *,
    by: str,
    reason: str = "",
) -> Stage:
    return Stage(
        id=f"ceph.maintenance-{state}",
        description=description,
        playbook=site.content.playbooks / "ceph" / "operations" / "maintenance.yml",
        hosts=speaking,
        variables={
            "ceph_maintenance_state": state,
            "ceph_maintenance_hosts": list(hosts),
            "ceph_maintenance_by": by,
            "ceph_maintenance_reason": reason,
        },
        timeout_minutes=MINUTES,
    )
