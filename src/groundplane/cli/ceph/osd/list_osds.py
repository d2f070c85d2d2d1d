"""groundplane ceph osd list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from groundplane.cli.completion import complete_hosts
from groundplane.cli.options import json_option

if TYPE_CHECKING:
    from groundplane.ceph.osds.listing import Row
    from groundplane.cli.tables import Table


@click.command()
@click.argument("hosts", nargs=-1, metavar="[HOST]...", shell_complete=complete_hosts)
@json_option
@click.pass_obj
def command(obj: str | None, hosts: tuple[str, ...], *, as_json: bool) -> None:
    """List the OSDs of HOSTS, or of all hosts, with their disks, and all other disks with what is on them."""
    from dataclasses import asdict  # noqa: PLC0415

    from groundplane.ceph.osds.add import osd_hosts  # noqa: PLC0415
    from groundplane.ceph.osds.disks import ask_disks  # noqa: PLC0415
    from groundplane.ceph.osds.listing import list_osds  # noqa: PLC0415
    from groundplane.cli.ceph.common import ask  # noqa: PLC0415
    from groundplane.cli.common import print_json  # noqa: PLC0415
    from groundplane.cli.operations import open_desk  # noqa: PLC0415

    with open_desk(obj) as desk:
        configuration, state = ask(desk)
        groups = {host: configuration.drive_groups[host] for host in osd_hosts(configuration, hosts)}
        also = {host: [path for osd in state.osds_of(host) for path in osd.devices] for host in groups}
        disks = ask_disks(desk.site, desk.connection, groups, state=state, also=also)
    rows = [row for row in list_osds(state, disks) if not hosts or row.host in hosts]
    if as_json:
        print_json({"osds": [asdict(row) for row in rows]})
        return
    if not rows:
        click.echo("There are no OSDs and no disks for any.")
        return
    _table(rows).show()


def _table(rows: list[Row]) -> Table:
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.tables import Table, state  # noqa: PLC0415
    from groundplane.colours import QUIET, state_style  # noqa: PLC0415

    table = Table(
        "host", "OSD", "state", "class", "used", "disk", "", whole=("host", "OSD"), right=("used",), spare=("class",)
    )
    last = ""
    for row in rows:
        table.add(
            "" if row.host == last else f"[bold]{escape(row.host)}[/]",
            row.osd,
            state(row.state, style=state_style(row.state) or QUIET),
            row.device_class,
            f"{row.used / row.size:.0%}" if row.used is not None and row.size else "",
            escape(row.disk),
            f"[{QUIET}]{escape(row.note)}[/]",
        )
        last = row.host
    return table
