"""The plan to make a dead host's servers anew on other hosts.

Nova's documentation, "Evacuate instances": the host has to be really off. Where it only can't be reached, a second copy
of a running server would write to the same volumes.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from groundplane.counting import counted
from groundplane.errors import FailedError, InputError, Problem
from groundplane.openstack.compute.hosts import OURS, connection, find_host, places, switch
from groundplane.openstack.compute.moving import ACTIVE, ERROR, SHUTOFF, Move, Mover, Way
from groundplane.openstack.compute.nova import Nova
from groundplane.openstack.work import api_stage
from groundplane.run.operation import Operation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from groundplane.openstack.compute.nova import ComputeHost, Server
    from groundplane.openstack.work import Work
    from groundplane.site.site import Site

COMMAND = "openstack compute evacuate"
MINUTES = 24 * 60.0
MOVABLE = frozenset({"active", "stopped", "error"})
"""Nova refuses to evacuate servers of another vm_state. What was being done with them when the host went doesn't count:
it never comes to an end."""
UNDER_WAY = "REBUILD"
"""The status of a server that is made anew elsewhere already."""
_MACHINES = {ACTIVE: "active", SHUTOFF: "stopped", ERROR: "error"}


def plan_evacuate(
    site: Site,
    hosts: Sequence[ComputeHost],
    servers: Sequence[Server],
    name: str,
    *,
    answers: bool,
    by: str,
    parallel: int = 1,
    check: bool = False,
) -> Operation:
    """The servers of a host that is off are made anew elsewhere, from their volumes; those that ran are started.

    Args:
        servers: those of the host.
        answers: whether the host can still be reached over ssh.

    Raises:
        InputError: the host answers or reports, Nova doesn't know it, or no other one takes servers.
    """
    host = find_host(hosts, name)
    command = f"{COMMAND} {host.name}"
    title = f"Evacuate {host.name}"
    others = [one for one in hosts if one.name != host.name and one.up and one.enabled]
    problems = list(_problems(host, others, servers, answers=answers))
    if problems:
        raise InputError(f"{host.name} can't be evacuated", cure="Nothing was changed.", problems=tuple(problems))
    if not servers:
        return Operation(command, title, nothing="it has no servers")
    moves = moves_of(servers)
    left = [one for one in servers if one not in [move.server for move in moves]]
    said = f"{OURS}evacuated by {by}"

    def work(told: Work) -> None:
        with closing(connection(site)) as cloud:
            evacuate(Nova(cloud), host, told, reason=said, parallel=parallel)

    shown = places(site, [one.name for one in others[:1]])
    what = f"Servers of {host.name} are made anew on other hosts"
    stage = api_stage("openstack.compute-evacuate", what, shown, work, minutes=MINUTES, check=check)
    names = ", ".join(f"{one.label} {one.status}" for one in left)
    return Operation(
        command,
        title,
        lines=_lines(host, moves),
        stages=(stage,),
        warnings=(f"These can't be evacuated as they are: {names}.",) if left else (),
        danger=f"where {host.name} isn't really off, its servers run twice and write to the same volumes",
        confirm=host.name,
    )


def moves_of(servers: Sequence[Server]) -> list[Move]:
    """What is done with each that can be evacuated; what ran comes first."""
    movable = [one for one in servers if (one.machine or _MACHINES.get(one.status)) in MOVABLE]
    ordered = sorted(movable, key=lambda one: not one.ran)
    return [Move(one, Way.FOLLOW if one.status == UNDER_WAY else Way.EVACUATE) for one in ordered]


def _lines(host: ComputeHost, moves: Sequence[Move]) -> tuple[str, ...]:
    ran = sum(move.server.ran for move in moves)
    number = f"{counted(len(moves), 'server')} of {host.name} {'is' if len(moves) == 1 else 'are'}"
    return (
        f"Nova is told that {host.name} is down, and new servers don't come to it",
        f"{number} made anew on other hosts, from volumes and images; {ran} of them ran and will be started again",
        f"When {host.name} is back: groundplane openstack compute enable {host.name}",
    )


def evacuate(nova: Nova, host: ComputeHost, work: Work, *, reason: str, parallel: int) -> None:
    """Carries it out.

    Raises:
        FailedError: servers are left, and why.
        CancelledError: stopped.
    """
    switch(nova, host, work, enabled=False, reason=reason)
    with work.piece(f"Nova takes {host.name} for down") as piece:
        if not host.forced_down:
            piece.changed = True
            if not work.check:
                nova.set_forced_down(host, down=True)
    Mover(nova, host.name, work, parallel=parallel).run(moves_of(nova.servers(host.name)))
    left = () if work.check else nova.servers(host.name)
    if left:
        raise FailedError(
            f"{counted(len(left), 'server')} still {'belongs' if len(left) == 1 else 'belong'} to {host.name}: "
            f"{', '.join(f'{one.label} ({one.id}) {one.status}' for one in left)}",
            why="; ".join(work.failures),
            cure="Put right what keeps them, and call the same command again.",
        )


def _problems(
    host: ComputeHost, others: Sequence[ComputeHost], servers: Sequence[Server], *, answers: bool
) -> Iterator[Problem]:
    if host.up and not host.forced_down:
        yield Problem(
            f"nova-compute on {host.name} reports",
            f"groundplane openstack compute drain {host.name} moves its servers; where the host has just gone, Nova "
            "notices within a minute.",
        )
    if answers:
        yield Problem(
            f"{host.name} answers, so its servers may still run",
            f"Put right what is wrong there (groundplane openstack status --limit {host.name}), or switch it off.",
        )
    if servers and not others:
        yield Problem("no other host takes servers", "groundplane openstack compute list; … enable HOST")
