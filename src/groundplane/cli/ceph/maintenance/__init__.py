"""The command `ceph maintenance`: one module per sub-command."""

from __future__ import annotations

import click

from groundplane.cli.lazy_group import LazyGroup

COMMANDS: dict[str, tuple[str, str]] = {
    "set": ("groundplane.cli.ceph.maintenance.set", "Keep a host's data where it is while the host is away."),
    "clear": ("groundplane.cli.ceph.maintenance.clear", "End it, for a host or for all."),
    "show": ("groundplane.cli.ceph.maintenance.show", "Say which hosts are in it, by whom and since when."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def command() -> None:
    """Keep data where it is while a host is away, and end that."""
