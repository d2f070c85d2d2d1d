"""groundplane openstack compute disable."""

from __future__ import annotations

import click

from groundplane.cli.completion import complete_compute_hosts
from groundplane.cli.operations import operation_options


@click.command()
@click.argument("hosts", nargs=-1, required=True, metavar="HOST...", shell_complete=complete_compute_hosts)
@click.option("--reason", metavar="TEXT", default="", help="Why; it is noted in Nova.")
@operation_options
@click.pass_obj
def command(
    obj: str | None, hosts: tuple[str, ...], *, reason: str, yes: bool, confirm: str, check: bool, as_json: bool
) -> None:
    """Let no new servers come to HOSTs; those that are there stay."""
    from groundplane.cli.openstack.compute.asking import carry_out  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.openstack.compute.hosts import plan_switch  # noqa: PLC0415

    by = settings().holder
    carry_out(
        obj,
        lambda desk, nova: plan_switch(
            desk.site, nova.hosts(), hosts, enabled=False, by=by, reason=reason, check=check
        ),
        yes=yes,
        confirm=confirm,
        check=check,
        as_json=as_json,
    )
