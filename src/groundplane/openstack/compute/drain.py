"""The plan to take all servers off a compute host, which stays in the cloud: before maintenance, or its removal."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from groundplane.counting import counted
from groundplane.errors import FailedError, InputError, Problem
from groundplane.openstack.compute.hosts import OURS, connection, find_host, places, switch
from groundplane.openstack.compute.moving import ACTIVE, PAUSED, SHUTOFF, VERIFY, Move, Mover, Way
from groundplane.openstack.compute.nova import Nova
from groundplane.openstack.work import api_stage
from groundplane.run.operation import Operation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence, Set

    from groundplane.openstack.compute.nova import ComputeHost, Room, Server
    from groundplane.openstack.work import Work
    from groundplane.site.site import Site

COMMAND = "openstack compute drain"
LONGEST_MINUTES = 7 * 24 * 60.0
"""Memory is copied as fast as it can; each server's own end is what counts."""
SETTLE_SECONDS = 5.0
ROUNDS = 3
"""Servers that were in the midst of something are looked at again after the others."""
MOST_NAMED = 6


def moves_of(servers: Sequence[Server], unconfirmed: Set[str] = frozenset()) -> tuple[list[Move], list[Server]]:
    """How each leaves, and those that can't: only running, paused and stopped servers can be migrated.

    Args:
        unconfirmed: servers that were migrated off this host and wait to be confirmed, wherever they are.
    """
    moves, left = [], []
    for server in servers:
        if server.status in (ACTIVE, PAUSED):
            moves.append(Move(server, Way.LIVE))
        elif server.status == SHUTOFF:
            moves.append(Move(server, Way.COLD))
        elif server.status == VERIFY and server.id in unconfirmed:
            moves.append(Move(server, Way.CONFIRM))
        else:
            left.append(server)
    return moves, left


def plan_drain(
    site: Site,
    hosts: Sequence[ComputeHost],
    servers: Sequence[Server],
    name: str,
    *,
    by: str,
    reason: str = "",
    parallel: int = 1,
    room: Room | None = None,
    check: bool = False,
) -> Operation:
    """New servers don't come any more; running ones are live-migrated, stopped ones migrated and confirmed.

    Args:
        servers: those of the host.
        parallel: servers that are moved at a time.
        room: what all other hosts that take servers have together.

    Raises:
        InputError: Nova doesn't know the host, it doesn't report, or no other one takes servers; with all reasons.
    """
    host = find_host(hosts, name)
    command = f"{COMMAND} {host.name}"
    title = f"Drain {host.name}"
    others = [one for one in hosts if one.name != host.name and one.up and one.enabled]
    problems = list(_problems(host, others, servers))
    if problems:
        raise InputError(f"{host.name} can't be drained", cure="Nothing was changed.", problems=tuple(problems))
    moves, left = moves_of(servers)
    if not servers and not host.enabled:
        return Operation(command, title, nothing="it has no servers, and takes no new ones")
    said = f"{OURS}drained by {by}" + (f": {reason}" if reason else "")

    def work(told: Work) -> None:
        with closing(connection(site)) as cloud:
            drain(Nova(cloud), host, told, reason=said, parallel=parallel)

    shown = places(site, [host.name])
    what = f"Servers leave {host.name}"
    stage = api_stage("openstack.compute-drain", what, shown, work, minutes=LONGEST_MINUTES, check=check)
    return Operation(
        command,
        title,
        lines=tuple(_lines(host, moves, parallel)),
        stages=(stage,),
        warnings=tuple(_warnings(host, servers, left, room)),
    )


def drain(nova: Nova, host: ComputeHost, work: Work, *, reason: str, parallel: int) -> None:
    """Carries it out; may be cut off at any time and called again.

    Raises:
        FailedError: servers are left, and why.
        CancelledError: stopped.
    """
    switch(nova, host, work, enabled=False, reason=reason)
    tried: set[str] = set()
    for number in range(ROUNDS):
        unconfirmed = nova.unfinished_migrations(host.name)
        elsewhere = [
            found for id_ in unconfirmed if (found := nova.server(id_)) is not None and found.host != host.name
        ]
        servers = [*nova.servers(host.name), *(one for one in elsewhere if one.status == VERIFY)]
        busy = [one for one in servers if one.task]
        moves, _ = moves_of([one for one in servers if not one.task and one.id not in tried], unconfirmed)
        tried |= {move.server.id for move in moves}
        # Paused and big ones take longest; many small ones beside them.
        Mover(nova, host.name, work, parallel=parallel).run(sorted(moves, key=lambda move: -move.server.ram_mb))
        if work.check or (not busy and not moves):
            break
        if number < ROUNDS - 1:
            work.pause(SETTLE_SECONDS if busy else 0)
    left = () if work.check else nova.servers(host.name)
    with work.piece(f"{host.name} is empty") as piece:
        if left:
            raise FailedError(
                f"{counted(len(left), 'server')} {'is' if len(left) == 1 else 'are'} still on {host.name}: "
                f"{', '.join(f'{one.label} ({one.id}) {one.status}' for one in left)}",
                why="; ".join(work.failures) or "they can't be moved in that state",
                cure="Put them right, or have their owners do so, and call the same command again.",
            )
        piece.note = "only looked at" if work.check else ""


def _problems(host: ComputeHost, others: Sequence[ComputeHost], servers: Sequence[Server]) -> Iterator[Problem]:
    if not host.up:
        yield Problem(
            f"nova-compute on {host.name} doesn't report, so nothing can move off it in order",
            f"groundplane openstack status --limit {host.name}; where the host is gone for good: "
            f"groundplane openstack compute evacuate {host.name}",
        )
    if servers and not others:
        yield Problem("no other host takes servers", "groundplane openstack compute list; … enable HOST")


def _lines(host: ComputeHost, moves: Sequence[Move], parallel: int) -> Iterator[str]:
    if host.enabled:
        yield f"New servers don't come to {host.name} any more"
    live = [move.server for move in moves if move.way is Way.LIVE]
    cold = [move.server for move in moves if move.way is Way.COLD]
    together = f", {parallel} at a time" if parallel > 1 and len(moves) > 1 else ""
    if live:
        gib = sum(one.ram_mb for one in live) / 1024
        yield (
            f"{counted(len(live), 'running server')} {_are(live)} live-migrated{together} ({gib:.1f} GiB of memory): "
            f"{_named(live)}"
        )
    if cold:
        yield f"{counted(len(cold), 'stopped server')} {_are(cold)} migrated and confirmed: {_named(cold)}"


def _warnings(host: ComputeHost, servers: Sequence[Server], left: Sequence[Server], room: Room | None) -> Iterator[str]:
    if left:
        states = ", ".join(f"{one.label} {one.status}" for one in left[:MOST_NAMED])
        yield (
            f"{counted(len(left), 'server')} can't be moved as {'it is' if len(left) == 1 else 'they are'}: {states}. "
            f"{host.name} isn't empty before its owner has put that right."
        )
    if room is not None:
        for name, people, need in (
            ("VCPU", "processors", sum(one.vcpus for one in servers)),
            ("MEMORY_MB", "MiB of memory", sum(one.ram_mb for one in servers)),
        ):
            free = room.total.get(name, 0) - room.used.get(name, 0)
            if need > free:
                yield f"The other hosts have {free:,} {people} free, and these servers need {need:,}."


def _are(servers: Sequence[Server]) -> str:
    return "is" if len(servers) == 1 else "are"


def _named(servers: Sequence[Server]) -> str:
    more = len(servers) - MOST_NAMED
    return ", ".join(one.label for one in servers[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
