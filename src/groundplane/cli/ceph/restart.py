"""groundplane ceph restart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from groundplane.cli.completion import complete_hosts
from groundplane.cli.operations import operation_options

if TYPE_CHECKING:
    from datetime import datetime


@click.command()
@click.argument("names", nargs=-1, metavar="[TYPE|DAEMON|SERVICE|HOST]...", shell_complete=complete_hosts)
@click.option(
    "--started-before",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M"]),
    metavar="TIME",
    help="Only daemons that were started before this time, such as '2026-11-21 17:30' (UTC): the rest of a restart "
    "that was cut off.",
)
@operation_options
@click.pass_obj
def command(
    obj: str | None,
    names: tuple[str, ...],
    *,
    started_before: datetime | None,
    yes: bool,
    confirm: str,
    check: bool,
    as_json: bool,
) -> None:
    """Restart daemons one at a time, with the cluster as whole before and after each; all of them if none is named.

    An OSD is only stopped once Ceph says that all data can be reached without it, and its host's OSDs aren't taken for
    lost meanwhile. Daemons that don't run can be restarted in any state of the cluster.

    \b
    Examples:
      groundplane ceph restart rgw
      groundplane ceph restart osd.3 node2
    """
    from datetime import UTC, datetime  # noqa: PLC0415

    from groundplane.ceph.restart import plan_restart  # noqa: PLC0415
    from groundplane.cli.ceph.common import carry_out  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415

    by = settings().holder
    since = started_before.replace(tzinfo=UTC) if started_before is not None else None
    carry_out(
        obj,
        lambda site, configuration, state: plan_restart(
            site, configuration, state, names, by=by, now=datetime.now(UTC), started_before=since
        ),
        yes=yes,
        confirm=confirm,
        check=check,
        as_json=as_json,
    )
