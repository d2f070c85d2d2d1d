"""The plan of a rolling restart: which daemons, in which order, and what has to hold before and after each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundplane.ceph.findings import short
from groundplane.ceph.maintenance import clearing_stages, leftovers, speakers
from groundplane.counting import counted
from groundplane.errors import InputError, Problem
from groundplane.run.operation import Operation
from groundplane.run.stages import Stage
from groundplane.site.source import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from groundplane.ceph.configuration import CephConfiguration
    from groundplane.ceph.state import ClusterState, Daemon
    from groundplane.site.site import Site

COMMAND = "ceph restart"
ORDER = ("mon", "mgr", "crash", "osd", "mds", "rgw")
"""Ceph's documentation restarts what others ask first; types that aren't here come last."""
DATA_TYPES = frozenset({"mon", "osd", "mds"})
"""Without one of these, data may become unavailable."""
BLOCKING_FLAGS = frozenset({"noup", "nodown", "pauserd", "pausewr", "norecover"})
MINUTES_A_DAEMON = 15.0
FEWEST_MINUTES = 30.0


def plan_restart(
    site: Site,
    configuration: CephConfiguration,
    state: ClusterState,
    names: Sequence[str] = (),
    *,
    by: str,
    now: datetime,
    started_before: datetime | None = None,
) -> Operation:
    """Restarts what is named, one daemon at a time.

    Args:
        names: types (osd), daemons (osd.3), services (rgw.main) or hosts; everything where there is none.
        by: who wants it; noted while OSDs of a host are kept in.
        now: when it begins: what the command to go on says.
        started_before: only daemons that were started before this: what is left of a restart that was cut off.

    Raises:
        InputError: unknown names, with the nearest known; a running daemon would be taken from a cluster that isn't
            whole.
    """
    chosen = _chosen(state, names)
    title = f"Restart {', '.join(names) or 'all daemons'}"
    if not chosen:
        return Operation(" ".join((COMMAND, *names)), title, nothing="there are none")
    since = started_before or now
    command = " ".join((COMMAND, *names))
    running = [daemon for daemon in chosen if daemon.status == "running"]
    problems = (*_host_problems(configuration, chosen), *_problems(state, running))
    if problems:
        raise InputError(
            f"They can't be restarted now: {counted(len(problems), 'reason')}",
            cure="Daemons that don't run can be restarted at any time, by name.",
            problems=problems,
        )
    stages = list(clearing_stages(site, configuration, state))
    lines = []
    for name, daemons in _parts(chosen):
        lines.append(_line(daemons[0].type, daemons))
        variables = _variables(configuration, state, daemons, by=by)
        if started_before is not None:
            variables["ceph_restart_started_before"] = int(started_before.timestamp())
        hosts = _hosts(configuration, daemons)
        stages.append(
            Stage(
                id=f"ceph.restart-{name}",
                description=f"{counted(len(daemons), 'daemon')} of type {daemons[0].type} restarted, one at a time",
                playbook=site.content.playbooks / "ceph" / "operations" / "restart.yml",
                # Ansible only comes to the host that is asked if it takes part.
                hosts=(*hosts, *(host for host in speakers(configuration, state)[:1] if host not in hosts)),
                variables=variables,
                timeout_minutes=max(FEWEST_MINUTES, MINUTES_A_DAEMON * len(daemons)),
            )
        )
    return Operation(
        command,
        title,
        lines=tuple(lines),
        stages=tuple(stages),
        always=_always(site, speakers(configuration, state), chosen, by=by),
        warnings=tuple(_warnings(state, chosen)),
        again=f"groundplane {command} --started-before {since:%Y-%m-%dT%H:%M:%SZ}",
    )


def _chosen(state: ClusterState, names: Sequence[str]) -> list[Daemon]:
    """The daemons that are named.

    Raises:
        InputError: names that mean nothing.
    """
    if not names:
        return list(state.daemons)
    found: dict[str, Daemon] = {}
    problems = []
    for name in names:
        meant = [
            daemon
            for daemon in state.daemons
            if name in (daemon.name, daemon.type, daemon.service, daemon.host) or short(daemon.host) == short(name)
        ]
        if not meant:
            known = {word for one in state.daemons for word in (one.name, one.type, one.service, one.host) if word}
            problems.append(Problem(f"{name} is no daemon, type, service or host", suggest(name, sorted(known))))
        found.update({daemon.name: daemon for daemon in meant})
    if problems:
        raise InputError("These can't be restarted", problems=tuple(problems))
    return list(found.values())


def _parts(chosen: Sequence[Daemon]) -> Iterator[tuple[str, list[Daemon]]]:
    """What one playbook restarts, by name. Ansible goes by the inventory's order, so the active manager is its own."""
    for type_ in sorted({daemon.type for daemon in chosen}, key=_rank):
        daemons = sorted((daemon for daemon in chosen if daemon.type == type_), key=lambda one: one.name)
        if type_ != "mgr":
            yield type_, daemons
            continue
        for name, part in (
            ("mgr", [daemon for daemon in daemons if not daemon.active]),
            ("mgr-active", [daemon for daemon in daemons if daemon.active]),
        ):
            if part:
                yield name, part


def _rank(type_: str) -> tuple[int, str]:
    return (ORDER.index(type_) if type_ in ORDER else len(ORDER), type_)


def _host_problems(configuration: CephConfiguration, chosen: Sequence[Daemon]) -> Iterator[Problem]:
    known = {short(host) for host in configuration.hosts}
    for host in sorted({daemon.host for daemon in chosen}):
        if short(host) not in known:
            yield Problem(f"{host} isn't in the site, so nobody can go there", "Write it into inventory/hosts.yml")


def _problems(state: ClusterState, running: Sequence[Daemon]) -> Iterator[Problem]:
    """Why no running daemon may be taken away now."""
    types = {daemon.type for daemon in running}
    if state.upgrade.in_progress and running:
        yield Problem(f"an upgrade to {state.upgrade.target} is under way", "groundplane upgrade ceph --status")
    if "mgr" in types and not state.mgr_standbys and len([one for one in state.daemons if one.type == "mgr"]) > 1:
        yield Problem("no manager stands by", "groundplane ceph status; restart those that don't run first")
    if not types & DATA_TYPES:
        return
    out = [mon.name for mon in state.mons if not mon.in_quorum]
    if out:
        yield Problem(
            f"{', '.join(out)} of the monitors isn't in the quorum", "Restart it first, or bring its host back"
        )
    down = [osd.name for osd in state.osds if not osd.up and not osd.destroyed]
    if down:
        yield Problem(f"{', '.join(down)} {'is' if len(down) == 1 else 'are'} down", "Restart it first, by name")
    if "osd" in types and not state.clean:
        unclean = ", ".join(f"{count} {name}" for name, count in sorted(state.pg_states.items()) if "clean" not in name)
        yield Problem(
            f"not all placement groups are active and clean ({unclean or 'some are stale'})",
            "Wait until they are, or mend what keeps them from it: groundplane ceph status",
        )
    for flag in sorted(state.flags & BLOCKING_FLAGS):
        yield Problem(f"the flag {flag} is set for the whole cluster", f"Clear it: ceph osd unset {flag}")
    ours = {entry.host for entry in leftovers(state)}
    for name, flags in sorted(state.host_flags.items()):
        if name not in ours:
            yield Problem(f"{', '.join(sorted(flags))} is set for {name}", f"groundplane ceph maintenance clear {name}")


def _line(type_: str, daemons: Sequence[Daemon]) -> str:
    names = ", ".join(daemon.name for daemon in daemons[:6]) + (" …" if len(daemons) > 6 else "")  # noqa: PLR2004
    how = {
        "osd": "each once Ceph says that it may stop, its host's OSDs kept in meanwhile, and all data whole after it",
        "mon": "each once the others have a quorum without it, and back in the quorum after it",
        "mgr": "those that stand by before the active one",
    }.get(type_, "one at a time")
    return f"{names}: {how}"


def _warnings(state: ClusterState, chosen: Sequence[Daemon]) -> Iterator[str]:
    # Not refused: it is the managers that can't come there, and they may be what is to be restarted.
    for host in sorted({daemon.host for daemon in chosen}):
        if (known := state.host(host)) is not None and "offline" in known.status:
            yield f"The orchestrator takes {host} for offline."
    for type_, what in (("rgw", "S3 and Swift"), ("mds", "File systems"), ("mgr", "The orchestrator"), ("mon", "Data")):
        there = [daemon for daemon in state.daemons if daemon.type == type_ and daemon.status == "running"]
        if len(there) == 1 and there[0] in chosen:
            yield f"{what} can't be reached while {there[0].name} restarts: it is the only one."


def _variables(
    configuration: CephConfiguration, state: ClusterState, daemons: Sequence[Daemon], *, by: str
) -> dict[str, Any]:
    hosts = _hosts(configuration, daemons)
    names = {host: next(one.host for one in daemons if short(one.host) == short(host)) for host in hosts}
    mgrs = [daemon for daemon in daemons if daemon.type == "mgr" and daemon.status != "running"]
    mons = {daemon.id for daemon in daemons if daemon.type == "mon"}
    return {
        # The one that is asked beside the host at hand, which may have no administrator's key.
        "ceph_speaker": speakers(configuration, state)[0],
        "ceph_restart_fsid": state.fsid,
        "ceph_restart_daemons": {
            host: [daemon.name for daemon in daemons if daemon.host == name] for host, name in names.items()
        },
        "ceph_restart_names": names,
        "ceph_restart_running": [daemon.name for daemon in daemons if daemon.status == "running"],
        "ceph_restart_quorum": [mon.name for mon in state.mons if mon.in_quorum and mon.name not in mons],
        "ceph_restart_standbys": len(state.mgr_standbys) if not mgrs else 0,
        "ceph_restart_osds": [osd.id for osd in state.osds if osd.up],
        "ceph_restart_clean": state.clean,
        "ceph_maintenance_by": by,
    }


def _hosts(configuration: CephConfiguration, daemons: Sequence[Daemon]) -> tuple[str, ...]:
    """The inventory's names of the daemons' hosts."""
    known = {short(daemon.host) for daemon in daemons}
    return tuple(host for host in configuration.hosts if short(host) in known)


def _always(site: Site, speaking: tuple[str, ...], chosen: Sequence[Daemon], *, by: str) -> tuple[Stage, ...]:
    """After Ctrl-C no task of the playbook clears anything, so a stage of its own does."""
    hosts = sorted({daemon.host for daemon in chosen if daemon.type == "osd"})
    if not hosts:
        return ()
    return (
        Stage(
            id="ceph.restart-cleared",
            description="No host's OSDs are kept in any more",
            playbook=site.content.playbooks / "ceph" / "operations" / "maintenance.yml",
            hosts=speaking,
            variables={
                "ceph_maintenance_state": "cleared",
                "ceph_maintenance_hosts": hosts,
                "ceph_maintenance_by": by,
                "ceph_maintenance_own": True,
            },
        ),
    )
