"""groundplane openstack status: containers and services of all hosts in one view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from groundplane.cli.options import json_option, limit_option
from groundplane.colours import ATTENTION, BAD, GOOD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from groundplane.cli.tables import Table
    from groundplane.openstack.status.findings import OpenStackState
    from groundplane.openstack.status.hosts import Container, HostState

GIB = 1024**3


@click.command()
@limit_option
@click.option("--containers", is_flag=True, help="List each container, too.")
@click.option("--no-api", is_flag=True, help="Don't ask the cloud's API; the hosts alone.")
@json_option
@click.pass_obj
def command(obj: str | None, *, limit: str | None, containers: bool, no_api: bool, as_json: bool) -> None:
    """Show OpenStack: containers of all hosts, what is clustered, services that report, and what is wrong.

    Each host is asked over ssh, the cloud's API meanwhile: whatever of it doesn't run, the rest is shown.
    """
    from groundplane.cli.common import console, print_json  # noqa: PLC0415
    from groundplane.cli.openstack.asking import ask_state  # noqa: PLC0415
    from groundplane.openstack.status.findings import findings  # noqa: PLC0415

    state = ask_state(obj, limit=limit, api=not no_api)
    found = findings(state)
    if as_json:
        print_json(_as_data(state, [one.as_data() for one in found]))
        return
    from groundplane.cli.findings import show_findings  # noqa: PLC0415

    terminal = console()
    _show(terminal, state, containers=containers)
    if found:
        terminal.print()
    show_findings(terminal, found)


def _as_data(state: OpenStackState, found: list[dict[str, Any]]) -> dict[str, Any]:
    from groundplane.openstack.status.summary import service_rows  # noqa: PLC0415

    return {
        "hosts": {host: known.as_data() for host, known in state.hosts.items()},
        "vips": {
            name: {"address": address, "hosts": list(state.holders(address))} for name, address in state.vips.items()
        },
        "services": [row.as_data() for row in service_rows(state)],
        "reporters": None if state.services is None else [one.as_data() for one in state.services],
        "api_error": state.api_error,
        "findings": found,
    }


def _show(terminal: Console, state: OpenStackState, *, containers: bool) -> None:
    from groundplane.cli.tables import facts  # noqa: PLC0415

    facts(_rows(state), terminal)
    terminal.print()
    _hosts(state).show(terminal)
    terminal.print()
    _services(state).show(terminal)
    if containers:
        terminal.print()
        _containers(state).show(terminal)


def _rows(state: OpenStackState) -> Iterator[tuple[str, str]]:
    from groundplane.counting import counted  # noqa: PLC0415
    from groundplane.openstack.status.summary import cluster_rows, service_rows  # noqa: PLC0415

    rows = service_rows(state)
    wanted, well = sum(row.containers for row in rows), sum(row.well for row in rows)
    style = GOOD if well == wanted else BAD
    yield "containers", f"[{style}]{well} of {wanted} well[/] on {counted(len(state.hosts), 'host')}"
    for name, address in state.vips.items():
        holders = state.holders(address)
        yield f"VIP {name}", f"{address} on {', '.join(holders)}" if holders else f"{address} [{BAD}]on no host[/]"
    yield from cluster_rows(state)
    if state.services:
        up = sum(one.up for one in state.services)
        style = GOOD if up == len(state.services) else BAD
        yield "API", f"[{style}]{up} of {len(state.services)} services and agents report[/]"
    elif state.api_error:
        yield "API", f"[{BAD}]doesn't answer[/]"


def _hosts(state: OpenStackState) -> Table:
    from groundplane.cli.tables import Table  # noqa: PLC0415
    from groundplane.cli.tables import state as coloured  # noqa: PLC0415

    table = Table(
        "host",
        "containers",
        "not well",
        "VIPs",
        "memory",
        whole=("host",),
        right=("containers", "memory"),
        spare=("memory",),
    )
    for host, known in state.hosts.items():
        wanted = state.wanted_on(host)
        if not known.reachable:
            table.add(f"[bold]{host}[/]", "?", coloured("unreachable"), "", "")
            continue
        ill = [name for name in wanted if (there := known.container(name)) is None or not there.well]
        vips = [name for name, address in state.vips.items() if address in known.addresses]
        table.add(
            f"[bold]{host}[/]",
            f"{len(wanted) - len(ill)} of {len(wanted)}",
            f"[{BAD}]{', '.join(ill)}[/]" if ill else f"[{GOOD}]-[/]",
            ", ".join(vips),
            _memory(known),
        )
    return table


def _memory(known: HostState) -> str:
    if len(known.memory) != 2:  # noqa: PLR2004 - in use and in all
        return ""
    used, total = known.memory
    return f"{used / GIB:.1f} of {total / GIB:.1f} GiB"


def _services(state: OpenStackState) -> Table:
    from groundplane.cli.lines import DONE, FAILED  # noqa: PLC0415
    from groundplane.cli.tables import Table  # noqa: PLC0415
    from groundplane.openstack.status.summary import service_rows  # noqa: PLC0415

    numbers = ("hosts", "containers", "report")
    table = Table("service", *numbers, "", whole=("service",), right=numbers)
    for row in service_rows(state):
        ill = [f"[{BAD}]{name} on {', '.join(hosts)}[/]" for name, hosts in row.ill.items()]
        disabled = [f"[{ATTENTION}]no new work: {', '.join(row.disabled)}[/]"] if row.disabled else []
        good = row.well == row.containers and row.reporting == row.reporters
        table.add(
            f"{DONE if good else FAILED} [bold]{row.service}[/]",
            str(row.hosts),
            f"{row.well} of {row.containers}",
            f"{row.reporting} of {row.reporters}" if row.reporters else "",
            "; ".join([*ill, *disabled]),
        )
    return table


def _containers(state: OpenStackState) -> Table:
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.tables import Table  # noqa: PLC0415

    table = Table(
        "host",
        "container",
        "state",
        "since",
        "restarts",
        "image",
        whole=("host", "container"),
        right=("restarts",),
        spare=("image", "since"),
    )
    for host, known in state.hosts.items():
        for one in known.containers:
            table.add(
                escape(host),
                f"[bold]{escape(one.name)}[/]",
                _state(one),
                _since(one.since),
                str(one.restarts or ""),
                escape(one.image),
            )
    return table


def _since(told: str) -> str:
    """Docker writes UTC with nanoseconds, and the year 1 for what never started."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from groundplane.cli.tables import moment  # noqa: PLC0415

    try:
        at = datetime.fromisoformat(told[:19]).replace(tzinfo=UTC)
    except ValueError:
        return told
    return moment(at) if at.year > 1 else ""


def _state(one: Container) -> str:
    from groundplane.cli.tables import state  # noqa: PLC0415

    words = f"{one.state}, {one.health}" if one.health else one.state
    return state(words, style=GOOD if one.well else BAD)
