"""groundplane status: hosts by layers with their state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from groundplane.cli.common import complete_patterns, json_option

if TYPE_CHECKING:
    from rich.console import Console

    from groundplane.checks.status import Cell, Status

FEW = 5
STYLES = {
    "unreachable": "bold red",
    "failed": "bold red",
    "interrupted": "yellow",
    "drifted": "yellow",
    "changed": "yellow",
    "unproven": "yellow",
    "never applied": "dim",
    "up to date": "green",
}


@click.command()
@click.argument("names", nargs=-1, metavar="[LAYER|STEP]...")
@click.option("--limit", metavar="HOSTS", shell_complete=complete_patterns, help="Only these hosts (a pattern).")
@click.option("--no-probe", is_flag=True, help="Don't ask the hosts; say what the receipts say.")
@json_option
@click.pass_obj
def command(obj: str | None, names: tuple[str, ...], *, limit: str | None, no_probe: bool, as_json: bool) -> None:
    """Show hosts by layers: what is up to date, changed, drifted, failed, or never applied."""
    from groundplane.checks.status import status_of  # noqa: PLC0415
    from groundplane.cli.common import console, print_json  # noqa: PLC0415
    from groundplane.cli.planning import planning  # noqa: PLC0415
    from groundplane.run.lock import lock_holder  # noqa: PLC0415
    from groundplane.run.story import run_as_data  # noqa: PLC0415

    with planning(obj) as work:
        plan = work.plan(selection=names, limit=limit, force=False, probe=not no_probe)
        status = status_of(plan, work.graph)
        last = next(iter(work.journal.runs(1)), None)
        holder = lock_holder(work.site.state)
    if as_json:
        print_json(
            {
                "hosts": {
                    host: {
                        layer: {
                            "state": status.cells[host, layer].standing.value,
                            "steps": {step: found.value for step, found in status.cells[host, layer].steps.items()},
                            "details": status.cells[host, layer].details,
                        }
                        for layer in status.layers
                        if (host, layer) in status.cells
                    }
                    for host in status.hosts
                },
                "unreachable": status.unreachable,
                "last_run": run_as_data(last) if last is not None else None,
                "at_work": holder.run if holder is not None else None,
            }
        )
        return
    terminal = console()
    _table(terminal, status)
    if holder is not None:
        terminal.print(f"[cyan]At work:[/] run {holder.run} by {holder.holder} since {holder.since}")
    elif last is not None:
        terminal.print(
            f"Last run: {last.id} {last.command} {last.state}, {last.started_at.astimezone():%Y-%m-%d %H:%M}"
        )


def _table(terminal: Console, status: Status) -> None:
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("host", style="bold", no_wrap=True)
    for layer in status.layers:
        table.add_column(layer, overflow="fold")
    for host in status.hosts:
        cells = [status.cells.get((host, layer)) for layer in status.layers]
        table.add_row(host, *(_words(cell) if cell is not None else "[dim]-[/]" for cell in cells))
    terminal.print(table)
    for host, why in status.unreachable.items():
        terminal.print(f"[red]{host} is unreachable:[/] {escape(why)}")
    same: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for (host, _), cell in status.cells.items():
        for step, details in cell.details.items():
            if details and host not in status.unreachable:
                same.setdefault((step, cell.steps[step].value, details), []).append(host)
    for (step, standing, details), hosts in same.items():
        where = ", ".join(hosts) if len(hosts) < FEW else f"{len(hosts)} hosts"
        terminal.print(f"[yellow]{step}[/] {standing} on {where}: {escape('; '.join(details[:FEW]))}")


def _words(cell: Cell) -> str:
    standing = cell.standing.value
    style = STYLES[standing]
    if cell.up_to_date == len(cell.steps):
        return f"[{style}]up to date[/] [dim]{len(cell.steps)} steps[/]"
    if standing == "unreachable":
        return f"[{style}]unreachable[/]"
    worst = [step.partition(".")[2] for step, found in cell.steps.items() if found is cell.standing]
    named = f": {', '.join(worst)}" if len(worst) <= 3 else ""  # noqa: PLR2004
    return f"[{style}]{standing}{named}[/] [dim]{cell.up_to_date} of {len(cell.steps)} up to date[/]"
