"""groundplane ceph host add."""

from __future__ import annotations

import click

from groundplane.cli.completion import complete_hosts
from groundplane.cli.operations import operation_options


@click.command()
@click.argument("host", shell_complete=complete_hosts)
@operation_options
@click.pass_context
def command(ctx: click.Context, host: str, *, yes: bool, confirm: str, check: bool, as_json: bool) -> None:
    """Add HOST, which the inventory has, to the cluster; or take back that it is drained.

    Says what it would get, and runs the layer's steps that have to do with hosts; of the layers below only what was
    never applied on HOST.
    """
    from groundplane.ceph.hosts.add import STEPS, plan_add  # noqa: PLC0415
    from groundplane.cli import apply  # noqa: PLC0415
    from groundplane.cli.ceph.common import ask  # noqa: PLC0415
    from groundplane.cli.operations import is_wanted, open_desk, run_operation  # noqa: PLC0415
    from groundplane.cli.run_report import raise_unless_done  # noqa: PLC0415

    with open_desk(ctx.obj) as desk:
        configuration, state = ask(desk)
        operation = plan_add(desk.site, configuration, state, host)
        if not is_wanted(operation, yes=yes, confirm=confirm, check=check, as_json=as_json):
            return
        if operation.stages:
            result = run_operation(desk, operation, check=check, as_json=as_json)
            raise_unless_done(result, again=f"groundplane {operation.command}")
    ctx.invoke(apply.command, names=STEPS, yes=True, force=True, check=check, as_json=as_json)
