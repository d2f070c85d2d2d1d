"""The commands for nodes."""

from __future__ import annotations

import click

from groundplane.cli.lazy_group import LazyGroup

COMMANDS: dict[str, tuple[str, str]] = {
    "add": ("groundplane.cli.openstack.node.add", "Bring a host of the inventory into the cloud."),
    "remove": ("groundplane.cli.openstack.node.remove", "Take a node out of the cloud, and all records of it."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def command() -> None:
    """Add and remove nodes, with all that knows of them."""
