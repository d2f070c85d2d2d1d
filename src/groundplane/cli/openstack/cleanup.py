"""groundplane openstack cleanup."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from groundplane.cli.completion import complete_services
from groundplane.cli.operations import operation_options

if TYPE_CHECKING:
    from groundplane.openstack.registered import Entry


@click.command()
@click.argument("names", nargs=-1, metavar="[SERVICE]...", shell_complete=complete_services)
@operation_options
@click.pass_obj
def command(obj: str | None, names: tuple[str, ...], *, yes: bool, confirm: str, check: bool, as_json: bool) -> None:
    """Remove the containers of services that were switched off, or that moved to other hosts.

    Without SERVICE: all that 'groundplane plan' names as left over. A service that is off altogether leaves Keystone's
    catalogue too. Databases, volumes and users in Keystone stay.
    """
    from contextlib import closing  # noqa: PLC0415

    from groundplane.cli.common import console  # noqa: PLC0415
    from groundplane.cli.operations import open_desk, perform  # noqa: PLC0415
    from groundplane.openstack.api import connect  # noqa: PLC0415
    from groundplane.openstack.cleanup import LAYER, choose, plan_cleanup, switched_off  # noqa: PLC0415
    from groundplane.openstack.registered import registered  # noqa: PLC0415
    from groundplane.plan.leftovers import find_leftovers  # noqa: PLC0415
    from groundplane.plan.probe import probe_hosts  # noqa: PLC0415

    with open_desk(obj) as desk:
        hosts = tuple(desk.site.inventory.hosts)
        with console(stderr=True).status("Asking the hosts"):
            probe = probe_hosts(desk.site, hosts, desk.connection)
        found = find_leftovers(desk.site, desk.work.graph, probe, layers=(LAYER,))
        off = switched_off(desk.work.graph, choose(found, names))
        entries: tuple[Entry, ...] = ()
        if off:
            with console(stderr=True).status("Asking Keystone"), closing(connect(desk.site)) as cloud:
                entries = registered(cloud, off)
        operation = plan_cleanup(desk.site, desk.work.graph, found, names, entries=entries, check=check)
        perform(desk, operation, yes=yes, confirm=confirm, check=check, as_json=as_json)
