"""groundplane ceph maintenance clear."""

from __future__ import annotations

import click

from groundplane.cli.completion import complete_hosts
from groundplane.cli.operations import operation_options


@click.command()
@click.argument("hosts", nargs=-1, metavar="[HOST]...", shell_complete=complete_hosts)
@click.option("--all", "all_", is_flag=True, help="All hosts that are in it.")
@operation_options
@click.pass_obj
def command(
    obj: str | None, hosts: tuple[str, ...], *, all_: bool, yes: bool, confirm: str, check: bool, as_json: bool
) -> None:
    """End maintenance of HOST: OSDs that stay away are taken for lost again, and their data is copied elsewhere."""
    from groundplane.ceph.maintenance import plan_clear  # noqa: PLC0415
    from groundplane.cli.ceph.common import carry_out  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415

    if bool(hosts) == all_:
        raise click.UsageError("Name hosts, or say --all.")
    by = settings().holder
    carry_out(
        obj,
        lambda site, configuration, state: plan_clear(site, configuration, state, hosts, by=by),
        yes=yes,
        confirm=confirm,
        check=check,
        as_json=as_json,
    )
