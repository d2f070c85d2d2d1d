"""groundplane openstack node remove."""

from __future__ import annotations

import click

from groundplane.cli.completion import complete_hosts
from groundplane.cli.operations import operation_options


@click.command()
@click.argument("host", shell_complete=complete_hosts)
@click.option("--offline", is_flag=True, help="The host is gone for good; what is left of it is forgotten.")
@operation_options
@click.pass_obj
def command(obj: str | None, host: str, *, offline: bool, yes: bool, confirm: str, check: bool, as_json: bool) -> None:
    """Take HOST out of RabbitMQ, Galera and OVN, take OpenStack off it, and have Nova, Neutron and Cinder forget it.

    Refused while servers are on it ('groundplane openstack compute drain HOST' moves them), where it is the only one of
    its kind, or where others of a cluster are missing already. It goes on where it was when it is called again.
    """
    from groundplane.cli.common import console  # noqa: PLC0415
    from groundplane.cli.openstack.compute.asking import open_nova  # noqa: PLC0415
    from groundplane.cli.operations import open_desk, perform  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.openstack.nodes.remove import plan_remove  # noqa: PLC0415
    from groundplane.openstack.status.state import openstack_state  # noqa: PLC0415

    by = settings().holder
    with open_desk(obj) as desk:
        with console(stderr=True).status("Asking the hosts and the cloud"):
            state = openstack_state(desk.site, desk.connection, also=(host,))
            with open_nova(desk.site) as nova:
                computes = nova.hosts()
                short = host.partition(".")[0]
                its = next((one.name for one in computes if one.name.partition(".")[0] == short), "")
                servers = nova.servers(its) if its else ()
        operation = plan_remove(desk.site, state, computes, servers, host, by=by, offline=offline, check=check)
        perform(desk, operation, yes=yes, confirm=confirm, check=check, as_json=as_json)
