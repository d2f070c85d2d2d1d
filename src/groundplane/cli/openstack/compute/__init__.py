"""The commands for compute hosts."""

from __future__ import annotations

import click

from groundplane.cli.lazy_group import LazyGroup

COMMANDS: dict[str, tuple[str, str]] = {
    "list": ("groundplane.cli.openstack.compute.list_hosts", "List compute hosts, their servers and their room."),
    "drain": ("groundplane.cli.openstack.compute.drain", "Move all servers off a host, and let no new ones come."),
    "disable": ("groundplane.cli.openstack.compute.disable", "Let no new servers come to hosts."),
    "enable": ("groundplane.cli.openstack.compute.enable", "Let new servers come to hosts again."),
    "evacuate": ("groundplane.cli.openstack.compute.evacuate", "Make the servers of a dead host anew elsewhere."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def command() -> None:
    """List, drain, enable, disable and evacuate compute hosts."""
