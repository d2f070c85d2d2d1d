"""Compute hosts found by name, and the plans to let new servers come to them or not."""

from __future__ import annotations

import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from groundplane.errors import FailedError, InputError, Problem
from groundplane.openstack.compute.nova import Nova
from groundplane.openstack.work import api_stage
from groundplane.run.operation import Operation
from groundplane.site.source import suggest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openstack.connection import Connection

    from groundplane.openstack.compute.nova import ComputeHost
    from groundplane.openstack.work import Work
    from groundplane.site.site import Site

GROUP = "compute"
MINUTES = 5.0
TRIES, TRY_SECONDS = 4, 5.0
"""A virtual address that moves to another host is away for some seconds."""
OURS = "groundplane: "
"""What we write before a reason, so that one sees who disabled a host."""


def find_host(hosts: Sequence[ComputeHost], name: str) -> ComputeHost:
    """The host that is called so; Nova may know it by its full name.

    Raises:
        InputError: there is none, with the nearest.
    """
    for one in hosts:
        if name in (one.name, one.name.partition(".")[0]):
            return one
    raise InputError(
        f"Nova has no compute host {name}",
        cure=suggest(name, [one.name for one in hosts], "groundplane openstack compute list"),
    )


def refuse_unknown(site: Site, names: Sequence[str]) -> None:
    """Refuses names that the site's compute hosts don't go by, before Nova is asked.

    Raises:
        InputError: with the nearest name for each.
    """
    hosts = site.inventory.group_hosts.get(GROUP, ())
    known = {called for host in hosts for called in (host, host.partition(".")[0])}
    known |= {f"{host.partition('.')[0]}.{site.file.domain}" for host in hosts}
    there = f"Compute hosts: {', '.join(hosts)}." if hosts else f"Nobody is in the group '{GROUP}' of the inventory."
    gone = f"{there} One that left the inventory has to come back into it first."
    problems = [
        Problem(f"{name} runs no virtual machines: it isn't in the group '{GROUP}'", there)
        if name in site.inventory.hosts
        else Problem(f"the inventory has no compute host {name}", suggest(name, hosts, gone))
        for name in names
        if name not in known
    ]
    if problems:
        raise InputError("That is no compute host of this site", cure="Nothing was asked.", problems=tuple(problems))


def places(site: Site, names: Sequence[str]) -> tuple[str, ...]:
    """The inventory's hosts that a stage is about: who it is told of. One of the control hosts where none is there."""
    found = tuple(
        host for host in site.inventory.hosts if host in {name.partition(".")[0] for name in names} | {*names}
    )
    return found or site.inventory.group_hosts.get("control", ())[:1] or tuple(site.inventory.hosts)[:1]


def plan_switch(
    site: Site,
    hosts: Sequence[ComputeHost],
    names: Sequence[str],
    *,
    enabled: bool,
    by: str,
    reason: str = "",
    check: bool = False,
) -> Operation:
    """Lets new servers come to hosts, or not; those that are there stay.

    Args:
        by: who wants it; with the reason it is noted in Nova.

    Raises:
        InputError: hosts that Nova doesn't know, or that are down and can't be enabled; all of them.
    """
    word = "enable" if enabled else "disable"
    command = " ".join((f"openstack compute {word}", *names))
    chosen, problems = [], []
    for name in names:
        try:
            chosen.append(find_host(hosts, name))
        except InputError as error:
            problems.append(Problem(error.what, error.cure))
    problems += [
        Problem(
            f"nova-compute on {one.name} doesn't report",
            f"groundplane openstack status --limit {one.name} says what is wrong there.",
        )
        for one in chosen
        if enabled and not one.up and not one.forced_down
    ]
    if problems:
        raise InputError(f"They can't be {word}d", problems=tuple(problems), cure="Nothing was changed.")
    wanted = [one for one in chosen if one.enabled is not enabled or (enabled and one.forced_down)]
    title = f"{word.capitalize()} {', '.join(one.name for one in chosen)}"
    if not wanted:
        return Operation(command, title, nothing=f"{'it is' if len(chosen) == 1 else 'they are'} {word}d already")
    said = f"{OURS}{by}: {reason}" if reason else f"{OURS}{by}"

    def work(told: Work) -> None:
        with closing(connection(site)) as cloud:
            nova = Nova(cloud)
            for one in wanted:
                switch(nova, one, told, enabled=enabled, reason=said)

    what = f"New servers {'may come to' if enabled else 'go elsewhere than'} {_names(wanted)}"
    shown = places(site, [one.name for one in wanted])
    stage = api_stage(f"openstack.compute-{word}", what, shown, work, minutes=MINUTES, check=check)
    lines = [
        f"New servers may come to {one.name} again"
        + (", which Nova no longer takes for down" if one.forced_down else "")
        if enabled
        else f"New servers don't come to {one.name} any more; those that are there stay"
        for one in wanted
    ]
    left = [one for one in hosts if one.enabled and one.up and one not in wanted]
    warnings = () if enabled or left else ("No host is left that takes new servers.",)
    return Operation(command, title, lines=tuple(lines), stages=(stage,), warnings=warnings)


def switch(nova: Nova, host: ComputeHost, work: Work, *, enabled: bool, reason: str = "") -> None:
    """A piece of work: enables or disables one host.

    Raises:
        FailedError: Nova refuses.
    """
    what = "may come to" if enabled else "go elsewhere than"
    with work.piece(f"New servers {what} {host.name}") as piece:
        piece.note = "" if enabled else reason
        if enabled and host.forced_down:
            piece.changed = True
            if not work.check:
                nova.set_forced_down(host, down=False)
        if host.enabled is not enabled:
            piece.changed = True
            if not work.check:
                nova.set_enabled(host, enabled=enabled, reason=reason)


def connection(site: Site) -> Connection:
    """The administrator's.

    Raises:
        InputError, FailedError: see `groundplane.openstack.api.connect`; it is tried for a while.
    """
    from groundplane.openstack.api import connect  # noqa: PLC0415 - heavy

    for _ in range(TRIES - 1):
        with suppress(FailedError):
            return connect(site)
        time.sleep(TRY_SECONDS)
    return connect(site)


def _names(hosts: Sequence[ComputeHost]) -> str:
    return ", ".join(one.name for one in hosts)
