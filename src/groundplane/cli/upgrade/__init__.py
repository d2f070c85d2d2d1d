"""The command `upgrade`: one module per layer that has an upgrade of its own."""

from __future__ import annotations

import click

from groundplane.cli.lazy_group import LazyGroup

COMMANDS: dict[str, tuple[str, str]] = {
    "ceph": ("groundplane.cli.upgrade.ceph", "Take the Ceph cluster to the image that images.lock names."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def command() -> None:
    """Take what runs to the versions that the site's lock names."""
