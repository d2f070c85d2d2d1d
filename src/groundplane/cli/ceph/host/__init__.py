"""The commands for hosts of a cluster."""

from __future__ import annotations

import click

from groundplane.cli.lazy_group import LazyGroup

COMMANDS: dict[str, tuple[str, str]] = {
    "add": ("groundplane.cli.ceph.host.add", "Add a host of the inventory, or take a drain back."),
    "drain": ("groundplane.cli.ceph.host.drain", "Move all data and daemons away from a host."),
    "remove": ("groundplane.cli.ceph.host.remove", "Take a drained host out of the cluster, or one that is gone."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def command() -> None:
    """Add, drain and remove hosts."""
