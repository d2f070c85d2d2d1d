"""The commands for OSDs and disks."""

from __future__ import annotations

import click

from groundplane.cli.lazy_group import LazyGroup

COMMANDS: dict[str, tuple[str, str]] = {
    "list": ("groundplane.cli.ceph.osd.list_osds", "List OSDs and disks, host by host."),
    "add": ("groundplane.cli.ceph.osd.add", "Make OSDs of new disks that the site names."),
    "replace": ("groundplane.cli.ceph.osd.replace", "Give an OSD a new disk under its old id."),
    "wipe": ("groundplane.cli.ceph.osd.wipe", "Empty a disk that the site names for it."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def command() -> None:
    """List, add and replace OSDs; wipe disks that the site names."""
