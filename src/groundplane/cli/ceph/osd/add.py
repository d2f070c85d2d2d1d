"""groundplane ceph osd add."""

from __future__ import annotations

import click

from groundplane.cli.completion import complete_hosts
from groundplane.cli.operations import operation_options


@click.command()
@click.argument("hosts", nargs=-1, metavar="[HOST]...", shell_complete=complete_hosts)
@operation_options
@click.pass_obj
def command(obj: str | None, hosts: tuple[str, ...], *, yes: bool, confirm: str, check: bool, as_json: bool) -> None:
    """Make OSDs of the empty disks that the site names, on HOSTS or on all hosts with OSDs.

    The plan says which disks these are. The id of an OSD that was destroyed goes to the next new disk of its host.
    What holds anything is refused.
    """
    from groundplane.ceph.osds.add import osd_hosts, plan_add_osds  # noqa: PLC0415
    from groundplane.ceph.osds.disks import ask_disks  # noqa: PLC0415
    from groundplane.cli.ceph.common import ask  # noqa: PLC0415
    from groundplane.cli.operations import open_desk, perform  # noqa: PLC0415

    with open_desk(obj) as desk:
        configuration, state = ask(desk)
        groups = {host: configuration.drive_groups[host] for host in osd_hosts(configuration, hosts)}
        disks = ask_disks(desk.site, desk.connection, groups, state=state)
        operation = plan_add_osds(desk.site, state, disks)
        perform(desk, operation, yes=yes, confirm=confirm, check=check, as_json=as_json)
