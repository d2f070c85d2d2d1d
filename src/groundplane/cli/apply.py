"""groundplane apply: carry out a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from groundplane.cli.completion import complete_runs, complete_steps
from groundplane.cli.options import (
    extra_option,
    json_option,
    limit_option,
    no_probe_option,
    parallel_option,
    yes_option,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rich.console import Console

    from groundplane.cli.planning import Planning
    from groundplane.plan.model import Plan
    from groundplane.run.events import Watcher
    from groundplane.run.preparation import Prepared, Request

LATEST = "latest"


@click.command()
@click.argument("names", nargs=-1, metavar="[LAYER|STEP]... | [PLANFILE]", shell_complete=complete_steps)
@limit_option
@parallel_option("Steps", 64)
@click.option("--check", is_flag=True, help="Ansible's check mode: say what would change on the hosts, change nothing.")
@yes_option
@click.option(
    "--resume",
    is_flag=False,
    flag_value=LATEST,
    metavar="[RUN]",
    shell_complete=complete_runs,
    help="Go on with a run that was killed, cancelled or failed; the latest one where RUN is left out.",
)
@no_probe_option
@click.option("--force", is_flag=True, help="Run the named steps as if they had to.")
@extra_option
@json_option
@click.pass_obj
def command(
    obj: str | None,
    names: tuple[str, ...],
    *,
    limit: str | None,
    parallel: int | None,
    resume: str | None,
    extra: tuple[str, ...],
    check: bool,
    yes: bool,
    no_probe: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Carry out what 'groundplane plan' says, after asking.

    Only steps whose inputs or state changed run. A step that fails holds back what needs it and nothing else. PLANFILE
    is what 'plan --output' wrote: exactly that is done, or nothing where the site has moved on.

    With --json each event is an object on a line of its own.

    \b
    Examples:
      groundplane apply
      groundplane apply ceph openstack
      groundplane apply --resume
    """
    from groundplane.cli.common import parse_extra  # noqa: PLC0415
    from groundplane.run.preparation import Request  # noqa: PLC0415

    request = Request(names=names, limit=limit, force=force, probe=not no_probe, resume=resume)
    apply_request(obj, request, extra=parse_extra(extra), parallel=parallel, check=check, yes=yes, as_json=as_json)


def apply_request(
    obj: str | None,
    request: Request,
    *,
    yes: bool,
    as_json: bool,
    check: bool = False,
    extra: Mapping[str, Any] | None = None,
    parallel: int | None = None,
    judge: Callable[[Plan], None] | None = None,
    on_begin: Callable[[], None] | None = None,
) -> None:
    """Plans, asks, and carries out; how it went is told.

    Args:
        judge: gets the plan before anybody is asked; may raise.
        on_begin: called when the plan is agreed to.

    Raises:
        GroundplaneError: as `planning`, `prepare` and `run_plan`; or the plan was declined, or a part of it failed.
    """
    from groundplane.cli.agreement import agree  # noqa: PLC0415
    from groundplane.cli.common import console  # noqa: PLC0415
    from groundplane.cli.planning import planning  # noqa: PLC0415
    from groundplane.cli.run_report import nothing_to_do, raise_unless_done, report  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.machine.cancel import CancelToken, cancel_on_signals  # noqa: PLC0415
    from groundplane.run.preparation import prepare  # noqa: PLC0415

    terminal = console()
    with planning(obj, extra=extra) as work:
        site = work.site
        with work.connected() as connection:
            with console(stderr=True).status("Asking the hosts"):
                prepared = prepare(request, site=site, graph=work.graph, journal=work.journal, connection=connection)
            if not as_json:
                _show(terminal, work, prepared)
            if not prepared.plan.has_work():
                nothing_to_do(terminal, prepared.plan, quiet=as_json)
                return
            if judge is not None:
                judge(prepared.plan)
            agree(
                "Carry out this plan?",
                yes=yes or check,
                as_json=as_json,
                look="Look with groundplane plan, or save one (plan --output FILE) and apply FILE. ",
            )
            if on_begin is not None:
                on_begin()
            from groundplane.run.run_plan import run_plan  # noqa: PLC0415

            cancel = CancelToken()
            means = work.means(connection, _watcher(terminal, work, prepared, as_json=as_json), cancel)
            with cancel_on_signals(cancel):
                result = run_plan(
                    site,
                    work.graph,
                    prepared.plan,
                    means=means,
                    cache=settings().cache,
                    probe=prepared.probe,
                    parallel=parallel,
                    check=check,
                    extra=extra,
                    resumes=prepared.resumes,
                )
    if not as_json:
        report(terminal, result)
    raise_unless_done(result, dry=check)


def _show(terminal: Console, work: Planning, prepared: Prepared) -> None:
    from groundplane.layers.selection import select  # noqa: PLC0415
    from groundplane.terminal.plan import render_plan  # noqa: PLC0415

    asked = select(work.graph, prepared.asked)
    terminal.print(render_plan(prepared.plan, site=work.site, asked=asked, plain=not terminal.is_terminal))


def _watcher(terminal: Console, work: Planning, prepared: Prepared, *, as_json: bool) -> Watcher:
    from groundplane.cli.watching import watcher_for  # noqa: PLC0415
    from groundplane.run.expectations import expectations, expected_run  # noqa: PLC0415

    steps = expectations(prepared.plan, work.journal)
    whole = expected_run(prepared.plan, work.graph, steps)
    return watcher_for(terminal, as_json=as_json, expected=steps, expected_run=whole)
