"""groundplane ceph osd wipe."""

from __future__ import annotations

import click

from groundplane.cli.completion import complete_hosts
from groundplane.cli.operations import operation_options


@click.command()
@click.argument("host", shell_complete=complete_hosts)
@click.argument("device")
@operation_options
@click.pass_obj
def command(obj: str | None, host: str, device: str, *, yes: bool, confirm: str, check: bool, as_json: bool) -> None:
    """Empty DEVICE of HOST for good, so that an OSD can be made of it.

    The site has to name it in ceph_wipe_devices, and a person to confirm what is on it. What is mounted or otherwise
    in use is refused, and so is an OSD that the cluster has.

    \b
    Examples:
      groundplane ceph osd wipe node2 /dev/sdb
    """
    from groundplane.ceph.configuration import read_configuration  # noqa: PLC0415
    from groundplane.ceph.osds.disks import ask_host_disks, ask_if_there  # noqa: PLC0415
    from groundplane.ceph.osds.wipe import check_named, plan_wipe  # noqa: PLC0415
    from groundplane.cli.operations import open_desk, perform  # noqa: PLC0415

    with open_desk(obj) as desk:
        configuration = read_configuration(desk.site)
        check_named(configuration, host, device)
        state = ask_if_there(desk.site, desk.connection, configuration)
        groups = configuration.drive_groups[host]
        disks = ask_host_disks(desk.site, desk.connection, host, groups, state=state, also=(device,))
        operation = plan_wipe(desk.site, state, disks, device)
        perform(desk, operation, yes=yes, confirm=confirm, check=check, as_json=as_json)
