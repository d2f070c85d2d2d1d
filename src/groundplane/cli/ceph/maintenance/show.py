"""groundplane ceph maintenance show."""

from __future__ import annotations

import click

from groundplane.cli.common import json_option


@click.command()
@json_option
@click.pass_obj
def command(obj: str | None, *, as_json: bool) -> None:
    """Say which hosts are in maintenance, by whom, since when and why; and flags of the whole cluster."""
    from dataclasses import asdict  # noqa: PLC0415

    from groundplane.ceph.maintenance import read_maintenance  # noqa: PLC0415
    from groundplane.cli.ceph.common import ask  # noqa: PLC0415
    from groundplane.cli.common import console, print_json  # noqa: PLC0415
    from groundplane.cli.operations import open_desk  # noqa: PLC0415

    with open_desk(obj) as desk:
        state = ask(desk)[1]
    found = read_maintenance(state)
    if as_json:
        print_json({"hosts": [asdict(entry) for entry in found], "flags": sorted(state.flags)})
        return
    terminal = console()
    for entry in found:
        flags = ", ".join(entry.flags) or "no flag"
        terminal.print(f"{entry.host}  {flags}  {entry.sentence()}", markup=False, soft_wrap=True)
        if entry.of_a_run:
            cure = "where that run is gone, the next operation clears it; at once: groundplane ceph maintenance clear"
            terminal.print(f"  → {cure} {entry.host}", markup=False, soft_wrap=True)
    for flag in sorted(state.flags):
        terminal.print(f"whole cluster  {flag}  → ceph osd unset {flag}", markup=False, soft_wrap=True)
    if not found and not state.flags:
        terminal.print("No host is in maintenance")
