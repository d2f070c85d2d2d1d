"""groundplane ceph maintenance set."""

from __future__ import annotations

import click

from groundplane.cli.completion import complete_hosts
from groundplane.cli.operations import operation_options


@click.command()
@click.argument("host", shell_complete=complete_hosts)
@click.option("--reason", default="", metavar="TEXT", help="Why, for others who look.")
@operation_options
@click.pass_obj
def command(obj: str | None, host: str, *, reason: str, yes: bool, confirm: str, check: bool, as_json: bool) -> None:
    """Keep HOST's OSDs in while it is away, so that no data is moved (noout): before a reboot, or work on it.

    Refused while another host is in maintenance, or OSDs elsewhere are down. It lasts until it is cleared.
    """
    from groundplane.ceph.maintenance import plan_set  # noqa: PLC0415
    from groundplane.cli.ceph.common import carry_out  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415

    by = settings().holder
    carry_out(
        obj,
        lambda site, configuration, state: plan_set(site, configuration, state, host, by=by, reason=reason),
        yes=yes,
        confirm=confirm,
        check=check,
        as_json=as_json,
    )
