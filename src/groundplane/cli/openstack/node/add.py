"""groundplane openstack node add."""

from __future__ import annotations

import click

from groundplane.cli.completion import complete_hosts
from groundplane.cli.operations import operation_options


@click.command()
@click.argument("host", shell_complete=complete_hosts)
@operation_options
@click.pass_context
def command(ctx: click.Context, host: str, *, yes: bool, confirm: str, check: bool, as_json: bool) -> None:
    """Bring HOST, which the inventory has, into the cloud; or bring back one that was removed.

    Says what it would get, and applies the layer openstack: on HOST all that it needs, of the layers below only what
    was never applied there, and on others what HOST's coming changes, beginning with the names that they know.
    """
    from groundplane.cli import apply  # noqa: PLC0415
    from groundplane.cli.common import console  # noqa: PLC0415
    from groundplane.cli.openstack.compute.asking import open_nova  # noqa: PLC0415
    from groundplane.cli.operations import is_wanted, open_desk, run_operation  # noqa: PLC0415
    from groundplane.cli.run_report import raise_unless_done  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.openstack.nodes.add import NAMING, plan_add  # noqa: PLC0415
    from groundplane.openstack.status.state import LAYER, openstack_state  # noqa: PLC0415

    by = settings().holder
    with open_desk(ctx.obj) as desk:
        with console(stderr=True).status("Asking the hosts and the cloud"):
            state = openstack_state(desk.site, desk.connection)
            with open_nova(desk.site) as nova:
                computes = nova.hosts()
        operation = plan_add(desk.site, state, computes, host, by=by, check=check)
        if not is_wanted(operation, yes=yes, confirm=confirm, check=check, as_json=as_json):
            return
        if operation.stages:
            result = run_operation(desk, operation, check=check, as_json=as_json)
            raise_unless_done(result, again=f"groundplane {operation.command}")
    ctx.invoke(apply.command, names=(NAMING, LAYER), yes=True, check=check, as_json=as_json)
