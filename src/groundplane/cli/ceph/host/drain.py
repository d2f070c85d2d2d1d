"""groundplane ceph host drain."""

from __future__ import annotations

import click

from groundplane.cli.completion import complete_hosts
from groundplane.cli.operations import operation_options


@click.command()
@click.argument("host", shell_complete=complete_hosts)
@click.option("--wipe", is_flag=True, help="Wipe the OSDs' disks once their data lies elsewhere.")
@operation_options
@click.pass_obj
def command(obj: str | None, host: str, *, wipe: bool, yes: bool, confirm: str, check: bool, as_json: bool) -> None:
    """Move all data and daemons away from HOST, so that it can be removed, or rebuilt.

    Refused where it could never end: where a pool's copies couldn't be placed any more, or the other OSDs would be too
    full. It may be cut off at any time and goes on when called again; 'groundplane ceph host add HOST' takes it back.
    """
    from functools import partial  # noqa: PLC0415

    from groundplane.ceph.hosts.drain import draining_progress, plan_drain  # noqa: PLC0415
    from groundplane.cli.ceph.common import carry_out  # noqa: PLC0415

    carry_out(
        obj,
        lambda site, configuration, state: plan_drain(site, configuration, state, host, wipe=wipe),
        yes=yes,
        confirm=confirm,
        check=check,
        as_json=as_json,
        progress=partial(draining_progress, host=host),
    )
