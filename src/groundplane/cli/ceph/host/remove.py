"""groundplane ceph host remove."""

from __future__ import annotations

import click

from groundplane.cli.completion import complete_hosts
from groundplane.cli.operations import operation_options


@click.command()
@click.argument("host", shell_complete=complete_hosts)
@click.option("--offline", is_flag=True, help="The host is gone for good; the cluster forgets its OSDs, too.")
@operation_options
@click.pass_obj
def command(obj: str | None, host: str, *, offline: bool, yes: bool, confirm: str, check: bool, as_json: bool) -> None:
    """Take HOST out of the cluster, and the cluster's files, keys and units off HOST.

    Refused while daemons or OSDs are on it ('groundplane ceph host drain HOST' moves them), and where the monitors
    would lose their quorum. Its disks stay as they are.
    """
    from groundplane.ceph.hosts.remove import plan_remove  # noqa: PLC0415
    from groundplane.cli.ceph.common import carry_out  # noqa: PLC0415

    carry_out(
        obj,
        lambda site, configuration, state: plan_remove(site, configuration, state, host, offline=offline),
        yes=yes,
        confirm=confirm,
        check=check,
        as_json=as_json,
    )
