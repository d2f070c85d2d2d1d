"""groundplane plan: what would run, on which hosts, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from groundplane.cli.completion import complete_steps
from groundplane.cli.options import extra_option, json_option, limit_option, no_probe_option, output_option

if TYPE_CHECKING:
    from pathlib import Path

WORK_TO_DO = 10
"""Exit code with --detailed-exitcode."""


@click.command()
@click.argument("names", nargs=-1, metavar="[LAYER|STEP]...", shell_complete=complete_steps)
@limit_option
@output_option("Save the plan, for 'groundplane apply FILE'.")
@no_probe_option
@click.option("--force", is_flag=True, help="Plan the named steps as if they had to run.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 10 where there is work, with 0 where there is none.")
@extra_option
@json_option
@click.pass_obj
def command(
    obj: str | None,
    names: tuple[str, ...],
    limit: str | None,
    output: Path | None,
    extra: tuple[str, ...],
    *,
    no_probe: bool,
    force: bool,
    detailed_exitcode: bool,
    as_json: bool,
) -> None:
    """Say what would run, on which hosts, and why; touch nothing.

    Without LAYER or STEP: everything. What a step needs comes along where it never succeeded, and before the step's
    own first time also where it isn't as the site says today.

    \b
    Examples:
      groundplane plan
      groundplane plan openstack.nova --limit compute
      groundplane plan --output change.plan && groundplane apply change.plan
    """
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.common import console, parse_extra, print_json  # noqa: PLC0415
    from groundplane.cli.lines import NEXT, say  # noqa: PLC0415
    from groundplane.cli.planning import planning  # noqa: PLC0415
    from groundplane.layers.selection import select  # noqa: PLC0415
    from groundplane.plan.show import plan_as_data  # noqa: PLC0415
    from groundplane.plan.staleness import write_plan  # noqa: PLC0415
    from groundplane.terminal.plan import render_plan  # noqa: PLC0415

    with planning(obj, extra=parse_extra(extra)) as work:
        plan = work.plan(selection=names, limit=limit, force=force, probe=not no_probe)
    if output is not None:
        write_plan(plan, output)
    if as_json:
        print_json(plan_as_data(plan))
    else:
        terminal = console()
        asked = select(work.graph, names)
        terminal.print(render_plan(plan, site=work.site, asked=asked, plain=not terminal.is_terminal))
        if plan.has_work() and terminal.is_terminal:
            terminal.print()
            say(terminal, escape(f"groundplane apply {output or ' '.join(names)}".rstrip()), mark=NEXT)
    if detailed_exitcode and plan.has_work():
        click.get_current_context().exit(WORK_TO_DO)
