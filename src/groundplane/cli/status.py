"""groundplane status: how each layer stands on its hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from groundplane.cli.completion import complete_steps
from groundplane.cli.options import json_option, limit_option, no_probe_option

if TYPE_CHECKING:
    from rich.console import Console

    from groundplane.checks.status import Cell, Status

FEW = 5


@click.command()
@click.argument("names", nargs=-1, metavar="[LAYER|STEP]...", shell_complete=complete_steps)
@limit_option
@no_probe_option
@json_option
@click.pass_obj
def command(obj: str | None, names: tuple[str, ...], *, limit: str | None, no_probe: bool, as_json: bool) -> None:
    """Show layers by hosts: what is up to date, changed, drifted, failed, or never applied.

    Hosts that stand alike share a row; --json has each by itself. What files and receipts alone say, and what comes
    next: groundplane without a command.
    """
    from datetime import datetime  # noqa: PLC0415

    from rich.markup import escape  # noqa: PLC0415

    from groundplane.checks.status import status_of  # noqa: PLC0415
    from groundplane.cli.common import console, print_json  # noqa: PLC0415
    from groundplane.cli.lines import NOTE, say  # noqa: PLC0415
    from groundplane.cli.planning import planning  # noqa: PLC0415
    from groundplane.cli.tables import moment, state  # noqa: PLC0415
    from groundplane.run.lock import lock_holder  # noqa: PLC0415
    from groundplane.run.story import run_as_data  # noqa: PLC0415

    with planning(obj, writes=False) as work:
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
        since = moment(datetime.fromisoformat(holder.since)) if holder.since else "now"
        say(terminal, f"At work: run {holder.run or '-'} by {escape(holder.holder)} since {since}", mark=NOTE)
    elif last is not None:
        say(terminal, f"Last run: {last.id} {escape(last.command)} {state(last.state)}, {moment(last.started_at)}")


def _table(terminal: Console, status: Status) -> None:
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.lines import FAILED, WARNING, say  # noqa: PLC0415
    from groundplane.cli.tables import Table, state  # noqa: PLC0415
    from groundplane.plan.wording import hosts_in_words  # noqa: PLC0415

    table = Table("layer", "state", "steps", "hosts", whole=("layer", "steps"))
    for layer in status.layers:
        mine = {host: status.cells[host, layer] for host in status.hosts if (host, layer) in status.cells}
        alike: dict[tuple[str, str], list[str]] = {}
        for host, cell in mine.items():
            alike.setdefault((_words(cell), f"{cell.up_to_date} of {len(cell.steps)}"), []).append(host)
        for number, ((words, steps), hosts) in enumerate(alike.items()):
            table.add("" if number else f"[bold]{layer}[/]", words, steps, escape(hosts_in_words(hosts, tuple(mine))))
    table.show(terminal)
    for host, why in status.unreachable.items():
        say(terminal, f"[bold]{host}[/] {state('unreachable')}: {escape(why)}", mark=FAILED)
    same: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for (host, _), cell in status.cells.items():
        for step, details in cell.details.items():
            if details and host not in status.unreachable:
                same.setdefault((step, cell.steps[step].value, details), []).append(host)
    for (step, standing, details), hosts in same.items():
        where = ", ".join(hosts) if len(hosts) < FEW else f"{len(hosts)} hosts"
        told = escape("; ".join(details[:FEW]))
        say(terminal, f"[bold]{step}[/] {state(standing)} on {where}: {told}", mark=WARNING)


def _words(cell: Cell) -> str:
    """The state, with the names of the steps that brought it, where these are few and not all."""
    from groundplane.cli.tables import state  # noqa: PLC0415

    worst = [step.partition(".")[2] for step, found in cell.steps.items() if found is cell.standing]
    named = f": {', '.join(worst)}" if len(worst) < min(FEW, len(cell.steps)) else ""
    return f"{state(cell.standing.value)}{named}"
