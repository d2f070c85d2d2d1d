"""groundplane plan: what would run, on which hosts, and why."""

from __future__ import annotations

import click

from groundplane.cli.common import complete_patterns, extra_option, json_option
from groundplane.cli.planning import complete_steps

WORK_TO_DO = 10
"""Exit code with --detailed-exitcode."""


@click.command()
@click.argument("names", nargs=-1, metavar="[LAYER|STEP]...", shell_complete=complete_steps)
@click.option("--limit", metavar="HOSTS", shell_complete=complete_patterns, help="Only on these hosts (a pattern).")
@click.option(
    "--out", type=click.Path(dir_okay=False), metavar="FILE", help="Save the plan, for 'groundplane apply FILE'."
)
@click.option("--no-probe", is_flag=True, help="Don't ask the hosts; what changed there behind our back stays unseen.")
@click.option("--force", is_flag=True, help="Plan the named steps as if they had to run.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 10 where there is work, with 0 where there is none.")
@extra_option
@json_option
@click.pass_obj
def command(
    obj: str | None,
    names: tuple[str, ...],
    limit: str | None,
    out: str | None,
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
    """
    from pathlib import Path  # noqa: PLC0415

    from groundplane.cli.common import console, parse_extra, print_json  # noqa: PLC0415
    from groundplane.cli.planning import planning  # noqa: PLC0415
    from groundplane.layers.selection import select  # noqa: PLC0415
    from groundplane.plan.show import plan_as_data, render_plan  # noqa: PLC0415
    from groundplane.plan.staleness import write_plan  # noqa: PLC0415

    with planning(obj, extra=parse_extra(extra)) as work:
        plan = work.plan(selection=names, limit=limit, force=force, probe=not no_probe)
    if out is not None:
        write_plan(plan, Path(out))
    if as_json:
        print_json(plan_as_data(plan))
    else:
        terminal = console()
        asked = select(work.graph, names)
        terminal.print(render_plan(plan, site=work.site, asked=asked, plain=not terminal.is_terminal))
        if plan.has_work() and terminal.is_terminal:
            terminal.print(f"\n[green]→[/] groundplane apply {out or ' '.join(names)}".rstrip())
    if detailed_exitcode and plan.has_work():
        click.get_current_context().exit(WORK_TO_DO)
