"""groundplane openstack cleanup."""

from __future__ import annotations

import click

from groundplane.cli.operations import operation_options


@click.command()
@click.argument("names", nargs=-1, metavar="[SERVICE]...")
@operation_options
@click.pass_obj
def command(obj: str | None, names: tuple[str, ...], *, yes: bool, confirm: str, check: bool, as_json: bool) -> None:
    """Remove the containers of services that were switched off, or that moved to other hosts.

    Without SERVICE: all that 'groundplane plan' names as left over. Volumes, databases and what a service registered
    in Keystone stay.
    """
    from groundplane.cli.common import console  # noqa: PLC0415
    from groundplane.cli.operations import open_desk, perform  # noqa: PLC0415
    from groundplane.openstack.cleanup import LAYER, plan_cleanup  # noqa: PLC0415
    from groundplane.plan.leftovers import find_leftovers  # noqa: PLC0415
    from groundplane.plan.probe import probe_hosts  # noqa: PLC0415

    with open_desk(obj) as desk:
        hosts = tuple(desk.site.inventory.hosts)
        with console(stderr=True).status("Asking the hosts"):
            probe = probe_hosts(desk.site, hosts, desk.connection)
        found = find_leftovers(desk.site, desk.work.graph, probe, layers=(LAYER,))
        operation = plan_cleanup(desk.site, desk.work.graph, found, names)
        perform(desk, operation, yes=yes, confirm=confirm, check=check, as_json=as_json)
