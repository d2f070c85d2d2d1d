"""groundplane openstack compute evacuate."""

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
@parallel_option("Servers made", 20, default=2)
@operation_options
@click.pass_obj
def command(obj: str | None, host: str, *, parallel: int, yes: bool, confirm: str, check: bool, as_json: bool) -> None:
    """Make the servers of HOST, which is off, anew on other hosts, from their volumes.

    Refused while HOST reports to Nova or answers over ssh: a server that still runs there would write to its volumes
    beside its copy. Where it can't be reached but may still run, cut off its power first.
    """
    from groundplane.cli.openstack.compute.asking import carry_out  # noqa: PLC0415
    from groundplane.cli.settings import settings  # noqa: PLC0415
    from groundplane.openstack.compute.evacuate import plan_evacuate  # noqa: PLC0415
    from groundplane.openstack.compute.hosts import find_host  # noqa: PLC0415
    from groundplane.openstack.status.hosts import ask_containers  # noqa: PLC0415

    by = settings().holder

    def make(desk: Desk, nova: Nova) -> Operation:
        hosts = nova.hosts()
        known = find_host(hosts, host)
        name = known.name if known.name in desk.site.inventory.hosts else known.name.partition(".")[0]
        there = name in desk.site.inventory.hosts
        answers = there and ask_containers(desk.site, [name], desk.connection)[name].reachable
        return plan_evacuate(
            desk.site,
            hosts,
            nova.servers(known.name),
            known.name,
            answers=answers,
            by=by,
            parallel=parallel,
            check=check,
        )

    carry_out(obj, make, yes=yes, confirm=confirm, check=check, as_json=as_json)
