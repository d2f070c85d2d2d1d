"""The command `ceph`: what is done to a cluster once it runs; one module per sub-command."""

from __future__ import annotations

import click

from groundplane.cli.lazy_group import LazyGroup

COMMANDS: dict[str, tuple[str, str]] = {
    "status": ("groundplane.cli.ceph.status", "Show health and its causes, monitors, OSDs, pools, gateways."),
    "osd": ("groundplane.cli.ceph.osd", "List, add and replace OSDs; wipe disks that the site names."),
    "host": ("groundplane.cli.ceph.host", "Add, drain and remove hosts."),
    "restart": ("groundplane.cli.ceph.restart", "Restart daemons one at a time, in a healthy cluster."),
    "maintenance": ("groundplane.cli.ceph.maintenance", "Keep data where it is while a host is away, and end that."),
    "adopt": ("groundplane.cli.ceph.adopt", "Take over a cluster that cephadm already runs."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def command() -> None:
    """Look after the Ceph cluster that the layer 'ceph' deployed."""
