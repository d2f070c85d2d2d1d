"""groundplane openstack logs: what services write, of all hosts in one view."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from groundplane.cli.completion import complete_containers, complete_patterns
from groundplane.cli.options import LIMIT, json_option

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from groundplane.openstack.logs.reading import LogLine

LINES = 100
COLOURS = ("cyan", "green", "magenta", "blue", "yellow", "bright_cyan", "bright_green", "bright_magenta")


@click.command()
@click.argument("names", nargs=-1, metavar="[SERVICE|CONTAINER]...", shell_complete=complete_containers)
@click.option(
    "--limit",
    "--host",
    "limit",
    metavar="HOSTS",
    shell_complete=complete_patterns,
    help=LIMIT,
)
@click.option("--since", metavar="TIME", help="From then on: 10m, 2h, 1d, or a date with or without time.")
@click.option(
    "-n", "--lines", type=click.IntRange(min=1), metavar="N", help=f"The last ones; {LINES} where no --since is given."
)
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@json_option
@click.pass_obj
def command(
    obj: str | None,
    names: tuple[str, ...],
    *,
    limit: str | None,
    since: str | None,
    lines: int | None,
    follow: bool,
    as_json: bool,
) -> None:
    """Show what SERVICEs write, of all hosts in one order: nova, nova-cell, or a container: nova_compute.

    Kolla's log files and what containers print. Health checks are left out, secrets are blanked out. Times without a
    zone are the host's own.

    \b
    Examples:
      groundplane openstack logs nova
      groundplane openstack logs nova_compute --host node2 --since 10m --follow
    """
    from datetime import UTC, datetime  # noqa: PLC0415

    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.common import console  # noqa: PLC0415
    from groundplane.cli.lines import WARNING, say  # noqa: PLC0415
    from groundplane.cli.openstack.asking import open_hosts  # noqa: PLC0415
    from groundplane.errors import FailedError, InputError  # noqa: PLC0415
    from groundplane.openstack.logs.reading import follow_logs, places, read_logs, read_since  # noqa: PLC0415
    from groundplane.openstack.logs.sources import choose  # noqa: PLC0415
    from groundplane.openstack.status.state import chosen_hosts, wanted_containers  # noqa: PLC0415
    from groundplane.run.redaction import Redactor, secret_strings  # noqa: PLC0415

    begin = read_since(since, datetime.now(UTC)) if since is not None else None
    most = lines if lines is not None or begin is not None else LINES
    with open_hosts(obj) as opened:
        chosen = choose(wanted_containers(opened.site), names)
        where = places(chosen, chosen_hosts(opened.site, limit))
        if not where:
            raise InputError(
                f"None of {', '.join(names)} runs on {limit}", cure="groundplane openstack status --containers"
            )
        redactor = Redactor(secret_strings(opened.secrets.values))
        show = _shower(where, as_json=as_json)
        if follow:
            follow_logs(opened.site, where, opened.connection, redactor, show=show, lost=_lost, since=begin, most=most)
            return
        found = read_logs(opened.site, where, opened.connection, redactor, since=begin, most=most)
    for line in found.lines:
        show(line)
    for host, why in found.unread.items():
        _lost(host, why)
    if found.cut:
        notes = console(stderr=True)
        say(notes, f"{escape(', '.join(found.cut))}: only the last lines; --lines N shows more.", mark=WARNING)
    if found.unread and not found.lines:
        raise FailedError(
            "No host could be read", why="; ".join(f"{host}: {why}" for host, why in found.unread.items())
        )


def _lost(host: str, why: str) -> None:
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.common import console  # noqa: PLC0415
    from groundplane.cli.lines import FAILED, say  # noqa: PLC0415

    say(console(stderr=True), escape(f"{host}: {why}"), mark=FAILED)


def _shower(where: Mapping[str, object], *, as_json: bool) -> Callable[[LogLine], None]:
    """How a line is shown; a host keeps its colour."""
    from rich.text import Text  # noqa: PLC0415

    from groundplane.cli.common import console, print_json_line  # noqa: PLC0415

    if as_json:
        return lambda line: print_json_line(line.as_data())
    terminal = console()
    colours = {host: COLOURS[number % len(COLOURS)] for number, host in enumerate(where)}
    width = max(len(host) for host in where)

    def show(line: LogLine) -> None:
        head = (f"{line.host:<{width}}", colours[line.host])
        # Left to the terminal to wrap: what a log says is copied and searched for.
        terminal.print(Text.assemble(head, " ", (line.source, "bold"), f": {line.text}"), soft_wrap=True)

    return show
