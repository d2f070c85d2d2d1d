"""groundplane ceph maintenance show."""

from __future__ import annotations

import click

from groundplane.cli.options import json_option


@click.command()
@json_option
@click.pass_obj
def command(obj: str | None, *, as_json: bool) -> None:
    """Say which hosts are in maintenance, by whom, since when and why; and flags of the whole cluster."""
    from dataclasses import asdict  # noqa: PLC0415

    from rich.markup import escape  # noqa: PLC0415

    from groundplane.ceph.maintenance import read_maintenance  # noqa: PLC0415
    from groundplane.cli.ceph.common import ask  # noqa: PLC0415
    from groundplane.cli.common import console, print_json  # noqa: PLC0415
    from groundplane.cli.lines import NEXT, say  # noqa: PLC0415
    from groundplane.cli.operations import open_desk  # noqa: PLC0415
    from groundplane.cli.tables import Table  # noqa: PLC0415

    with open_desk(obj) as desk:
        state = ask(desk)[1]
    found = read_maintenance(state)
    if as_json:
        print_json({"hosts": [asdict(entry) for entry in found], "flags": sorted(state.flags)})
        return
    terminal = console()
    if not found and not state.flags:
        terminal.print("No host is in maintenance.")
        return
    table = Table("host", "flags", "", whole=("host",))
    for entry in found:
        table.add(f"[bold]{escape(entry.host)}[/]", ", ".join(entry.flags) or "none", escape(entry.sentence()))
    for flag in sorted(state.flags):
        table.add("whole cluster", flag, f"{NEXT} ceph osd unset {flag}")
    table.show(terminal)
    for entry in found:
        if entry.of_a_run:
            cure = f"where that run is gone, the next operation clears {entry.host}; at once:"
            say(terminal, f"{cure} groundplane ceph maintenance clear {entry.host}", mark=NEXT)
