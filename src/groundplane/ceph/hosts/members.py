"""What plans for a host of a cluster have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.errors import InputError, Problem
from groundplane.site.source import suggest

if TYPE_CHECKING:
    from groundplane.ceph.configuration import CephConfiguration
    from groundplane.ceph.state import CephHost, ClusterState
    from groundplane.site.site import Site

DRAINING_LABEL = "_no_schedule"
"""cephadm starts no daemon on a host with this label, and takes away those that run there."""
DRAINING_LABELS = (DRAINING_LABEL, "_no_conf_keyring")
"""What `ceph orch host drain` sets."""
ADMIN_LABEL = "_admin"
"""Hosts with it have the configuration and the administrator's key in /etc/ceph."""


def member(state: ClusterState, host: str) -> CephHost:
    """The host as the orchestrator knows it.

    Raises:
        InputError: it doesn't; names the nearest one.
    """
    found = state.host(host)
    if found is None:
        raise InputError(
            f"The cluster has no host {host}",
            cure=suggest(host, [known.name for known in state.hosts]) + " groundplane ceph status shows all of them.",
        )
    return found


def quorum_problems(state: ClusterState, host: str) -> list[Problem]:
    """Why the cluster couldn't go on without this host's monitor, manager or administrator's key."""
    problems = []
    mons = [mon.name for mon in state.mons if mon.name != host]
    if len(mons) < len(state.mons):
        in_quorum = [mon.name for mon in state.mons if mon.in_quorum and mon.name != host]
        if not mons:
            problems.append(Problem(f"{host} has the only monitor", "Add another one first: groundplane ceph host add"))
        elif len(in_quorum) <= len(mons) // 2:
            problems.append(
                Problem(
                    f"without {host} only {len(in_quorum)} of {len(mons)} monitors would be in the quorum, which takes "
                    f"{len(mons) // 2 + 1}",
                    "Bring the others back first: groundplane ceph status",
                )
            )
    mgrs = [daemon for daemon in state.daemons if daemon.type == "mgr" and daemon.status == "running"]
    if mgrs and all(daemon.host == host for daemon in mgrs):
        problems.append(Problem(f"{host} has the only manager", "Let another one run first: ceph_mgr_group"))
    admins = [known.name for known in state.hosts if ADMIN_LABEL in known.labels]
    if admins == [host]:
        problems.append(
            Problem(
                f"{host} is the only host with the administrator's key",
                "Let another host have a monitor first; the layer gives such hosts the key.",
            )
        )
    return problems


def speaker_beside(configuration: CephConfiguration, state: ClusterState, host: str) -> str:
    """A monitor's host that can speak for the cluster while this one goes.

    Raises:
        InputError: there is none.
    """
    able = [
        name
        for name in configuration.mon_hosts
        if name != host and (known := state.host(name)) is not None and not known.status and name in state.quorum
    ]
    able.sort(key=lambda name: name != state.speaker)
    if not able:
        raise InputError(
            f"No other host can speak for the cluster while {host} goes",
            why="none of the site's monitors' hosts besides it is well",
            cure="groundplane ceph status",
        )
    return able[0]


def still_in_the_inventory(site: Site, configuration: CephConfiguration, host: str, what: str) -> tuple[str, ...]:
    """The inventory has to know, else the next apply undoes what was done."""
    if host not in configuration.hosts:
        return ()
    groups = [name for name in ("control", "storage") if host in site.inventory.group_hosts.get(name, ())]
    where = f"The inventory still has {host} in {' and '.join(groups)}"
    return (f"{where}: take it out of there when it is {what}, else the next groundplane apply ceph wants it back.",)
