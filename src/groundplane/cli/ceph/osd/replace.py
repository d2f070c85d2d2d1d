"""groundplane ceph osd replace."""

from __future__ import annotations

import click

from groundplane.cli.operations import operation_options


@click.command()
@click.argument("osd")
@click.option("--drain", is_flag=True, help="Move its data to other OSDs first, so that no copy is missing meanwhile.")
@click.option("--keep", is_flag=True, help="Leave the old disk as it is: it can't be written, or is still wanted.")
@click.option("--later", is_flag=True, help="Make no new OSD now; the next new disk of the host gets the id.")
@operation_options
@click.pass_obj
def command(
    obj: str | None,
    osd: str,
    *,
    drain: bool,
    keep: bool,
    later: bool,
    yes: bool,
    confirm: str,
    check: bool,
    as_json: bool,
) -> None:
    """Give OSD (osd.3, or 3) a new disk under its old id: another empty one that the site names, or its own, wiped.

    Refused where placement groups can't be read, or would lack more copies than they may. It may be cut off anywhere
    and goes on when called again.

    \b
    Examples:
      groundplane ceph osd replace osd.3
      groundplane ceph osd replace osd.3 --drain --later
    """
    from groundplane.ceph.osds.disks import ask_host_disks  # noqa: PLC0415
    from groundplane.ceph.osds.replace import find_osd, plan_replace_osd  # noqa: PLC0415
    from groundplane.cli.ceph.common import ask  # noqa: PLC0415
    from groundplane.cli.operations import open_desk, perform  # noqa: PLC0415

    with open_desk(obj) as desk:
        configuration, state = ask(desk)
        found = find_osd(state, osd)
        groups = configuration.drive_groups.get(found.host, ())
        disks = ask_host_disks(desk.site, desk.connection, found.host, groups, state=state, also=found.devices)
        operation = plan_replace_osd(desk.site, configuration, state, disks, found, drain=drain, keep=keep, later=later)
        perform(desk, operation, yes=yes, confirm=confirm, check=check, as_json=as_json)
