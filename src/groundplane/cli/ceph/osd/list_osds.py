"""groundplane ceph osd list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from groundplane.cli.common import complete_hosts, json_option

if TYPE_CHECKING:
    from rich.table import Table

    from groundplane.ceph.osds.listing import Row

COLOURS = {"up": "green", "down": "bold red", "destroyed": "yellow", "new": "cyan", "refused": "bold red"}


@click.command()
@click.argument("hosts", nargs=-1, shell_complete=complete_hosts)
@json_option
@click.pass_obj
def command(obj: str | None, hosts: tuple[str, ...], *, as_json: bool) -> None:
    """List the OSDs of HOSTS, or of all hosts, with their disks, and all other disks with what is on them."""
    from dataclasses import asdict  # noqa: PLC0415

    from groundplane.ceph.osds.add import osd_hosts  # noqa: PLC0415
    from groundplane.ceph.osds.disks import ask_disks  # noqa: PLC0415
    from groundplane.ceph.osds.listing import list_osds  # noqa: PLC0415
    from groundplane.cli.ceph.common import ask  # noqa: PLC0415
    from groundplane.cli.common import console, print_json, show_table  # noqa: PLC0415
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
    show_table(_table(rows), console())


def _table(rows: list[Row]) -> Table:
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("HOST", "OSD", "STATE", "CLASS", "USED", "DISK", ""):
        table.add_column(name, overflow="fold")
    last = ""
    for row in rows:
        colour = COLOURS.get(row.state, COLOURS.get(row.state.partition(",")[0], "dim"))
        used = f"{row.used / row.size:.0%}" if row.used is not None and row.size else ""
        table.add_row(
            "" if row.host == last else row.host,
            row.osd,
            f"[{colour}]{row.state}[/]",
            row.device_class,
            used,
            escape(row.disk),
            f"[dim]{escape(row.note)}[/]",
        )
        last = row.host
    return table
