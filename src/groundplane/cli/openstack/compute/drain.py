"""groundplane openstack compute drain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from groundplane.cli.completion import complete_compute_hosts
from groundplane.cli.operations import operation_options
from groundplane.cli.options import parallel_option

if TYPE_CHECKING:
    from groundplane.cli.operations import Desk
    from groundplane.openstack.compute.nova import Nova
    from groundplane.run.operation import Operation


@click.command()
@click.argument("host", shell_complete=complete_compute_hosts)
@click.option("--reason", metavar="TEXT", default="", help="Why; it is noted in Nova.")
@parallel_option("Servers moved", 20, default=1)
@operation_options
@click.pass_obj
def command(
    obj: str | None, host: str, *, reason: str, parallel: int, yes: bool, confirm: str, check: bool, as_json: bool
) -> None:
    """Move all servers off HOST, and let no new ones come to it.

    Running and paused servers are live-migrated, stopped ones migrated. It may be cut off at any time (what is under
    way is seen to its end first) and goes on when called again; 'groundplane openstack compute enable HOST' ends it.
    """
    from groundplane.cli.openstack.compute.asking import carry_out  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.openstack.compute.drain import plan_drain  # noqa: PLC0415
    from groundplane.openstack.compute.hosts import find_host  # noqa: PLC0415
    from groundplane.openstack.compute.listing import room_beside  # noqa: PLC0415

    by = settings().holder

    def make(desk: Desk, nova: Nova) -> Operation:
        hosts = nova.hosts()
        known = find_host(hosts, host)
        return plan_drain(
            desk.site,
            hosts,
            nova.servers(known.name),
            known.name,
            by=by,
            reason=reason,
            parallel=parallel,
            room=room_beside(hosts, nova.room(), known.name),
            check=check,
        )

    carry_out(obj, make, yes=yes, confirm=confirm, check=check, as_json=as_json, present=(host,))
