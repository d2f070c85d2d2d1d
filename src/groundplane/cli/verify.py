"""groundplane verify: ask the hosts for themselves."""

from __future__ import annotations

import click

from groundplane.cli.completion import complete_steps
from groundplane.cli.options import extra_option, json_option, limit_option


@click.command()
@click.argument("names", nargs=-1, metavar="[LAYER|STEP]...", shell_complete=complete_steps)
@limit_option
@click.option(
    "--skip", multiple=True, metavar="CHECK", help="Leave out a check, such as smoke. May be given several times."
)
@extra_option
@json_option
@click.pass_obj
def command(
    obj: str | None,
    names: tuple[str, ...],
    *,
    limit: str | None,
    skip: tuple[str, ...],
    extra: tuple[str, ...],
    as_json: bool,
) -> None:
    """Check layers on the hosts for themselves, not by what was applied.

    Changes nothing; what the smoke test of the layer platform makes in the cloud it removes. A layer counts as verified
    when one run made all of its checks on all of its hosts; steps, --limit and --skip check a part of it.

    \b
    Examples:
      groundplane verify
      groundplane verify openstack --limit node2
    """
    from groundplane.checks.verify import checks_of, verify  # noqa: PLC0415
    from groundplane.cli.common import console, parse_extra  # noqa: PLC0415
    from groundplane.cli.planning import planning  # noqa: PLC0415
    from groundplane.cli.run_report import raise_unless_done, report  # noqa: PLC0415
    from groundplane.cli.watching import watcher_for  # noqa: PLC0415
    from groundplane.machine.cancel import CancelToken, cancel_on_signals  # noqa: PLC0415

    terminal = console()
    variables = parse_extra(extra)
    with planning(obj, extra=variables) as work:
        site = work.site
        checks = checks_of(site, work.graph, selection=names, limit=limit, skip=skip)
        cancel = CancelToken()
        with work.connected() as connection:
            means = work.means(connection, watcher_for(terminal, as_json=as_json), cancel)
            with cancel_on_signals(cancel):
                result = verify(site, checks, means=means, extra=variables)
    if not as_json:
        report(terminal, result)
    raise_unless_done(result, dry=True)
