"""groundplane openstack service: kolla-ansible's actions for some services."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from groundplane.cli.completion import complete_services
from groundplane.cli.options import extra_option, json_option, limit_option, parallel_option, yes_option

if TYPE_CHECKING:
    from rich.console import Console

    from groundplane.openstack.service_action import ServiceAction
    from groundplane.plan.model import Plan
    from groundplane.site.site import Site

NAMES = ("prechecks", "pull", "deploy", "reconfigure", "upgrade", "stop", "genconfig")
"""As `service_action.ACTIONS` has them; here for a quick --help."""


@click.command()
@click.argument("action", type=click.Choice(NAMES), metavar="ACTION")
@click.argument("names", nargs=-1, required=True, metavar="SERVICE...", shell_complete=complete_services)
@limit_option
@parallel_option("Services", 64)
@yes_option
@extra_option
@json_option
@click.pass_obj
def command(
    obj: str | None,
    action: str,
    names: tuple[str, ...],
    *,
    limit: str | None,
    parallel: int | None,
    extra: tuple[str, ...],
    yes: bool,
    as_json: bool,
) -> None:
    """Call one of kolla-ansible's actions for services by Kolla's names; 'all' is all of the site's.

    \b
    prechecks    look whether it could be deployed
    pull         bring its images to the hosts
    deploy       configure and start it
    reconfigure  configure it anew, and restart what that changes
    upgrade      take it to the release of the site
    stop         stop its containers
    genconfig    show what of its configuration would change, and change nothing

    'groundplane apply' does what is needed by itself; this is for when a person knows better. Kolla's post-deploy is
    'groundplane openstack clouds'.

    \b
    Examples:
      groundplane openstack service reconfigure nova-cell --limit node2
      groundplane openstack service genconfig all
    """
    from groundplane.cli.common import console, parse_extra  # noqa: PLC0415
    from groundplane.cli.planning import planning  # noqa: PLC0415
    from groundplane.cli.run_report import raise_unless_done, report  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.cli.watching import watcher_for  # noqa: PLC0415
    from groundplane.machine.cancel import CancelToken, cancel_on_signals  # noqa: PLC0415
    from groundplane.openstack.service_action import ACTIONS, plan_services  # noqa: PLC0415
    from groundplane.run.run_plan import run_plan  # noqa: PLC0415

    terminal, chosen = console(), ACTIONS[action]
    variables = parse_extra(extra)
    with planning(obj, extra=variables) as work:
        site = work.site
        with work.connected() as connection:
            with console(stderr=True).status("Asking the hosts"):
                plan, probe = plan_services(site, work.graph, work.journal, connection, names, limit=limit)
            _agree(action, chosen, plan, yes=yes, as_json=as_json)
            cancel = CancelToken()
            watcher = watcher_for(terminal, as_json=as_json, expected={}, expected_run=None)
            means = work.means(connection, watcher, cancel)
            with cancel_on_signals(cancel):
                result = run_plan(
                    site,
                    work.graph,
                    plan,
                    means=means,
                    cache=settings().cache,
                    probe=probe,
                    parallel=parallel,
                    check=chosen.check,
                    extra=variables,
                    command=f"openstack service {action}",
                    action=chosen.kolla,
                )
    if not as_json:
        if chosen.check:
            _show_differences(terminal, site, result.run, plan)
        report(terminal, result)
    raise_unless_done(result, dry=chosen.check)


def _show_differences(terminal: Console, site: Site, run: str, plan: Plan) -> None:
    from groundplane.openstack.genconfig import differences  # noqa: PLC0415

    for step in plan.steps:
        log = site.state / "runs" / run / f"{step.step}.log"
        for found in differences(log.read_text(encoding="utf-8")) if log.is_file() else ():
            terminal.print(f"{found.host} {found.path}", style="bold", markup=False)
            for line in found.lines:
                terminal.print(line, style={"+": "green", "-": "red"}.get(line[:1], ""), markup=False)


def _agree(action: str, chosen: ServiceAction, plan: Plan, *, yes: bool, as_json: bool) -> None:
    """As `agreement.agree`; of actions that change nothing nobody is asked."""
    from groundplane.cli.agreement import agree  # noqa: PLC0415
    from groundplane.plan.wording import hosts_in_words  # noqa: PLC0415

    told = ", ".join(f"{step.step} ({hosts_in_words(step.hosts_to_run())})" for step in plan.steps)
    agree(f"{action} {chosen.description}: {told}. Go on?", yes=yes or not chosen.asks, as_json=as_json)
