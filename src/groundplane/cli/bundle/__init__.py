"""The command `bundle`: one module per sub-command."""

from __future__ import annotations

import click

from groundplane.cli.lazy_group import LazyGroup

COMMANDS: dict[str, tuple[str, str]] = {
    "plan": ("groundplane.cli.bundle.plan", "Say what a bundle for the site would hold, and how big it would be."),
    "create": ("groundplane.cli.bundle.create", "Write a bundle: images, packages, wheels, toolkit, release, lock."),
    "inspect": ("groundplane.cli.bundle.inspect", "Show what a bundle holds."),
    "verify": ("groundplane.cli.bundle.verify", "Check a bundle's signature and every file in it."),
    "load": ("groundplane.cli.bundle.load", "Take a bundle's content into this machine and the site's registry."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def command() -> None:
    """Carry a release across an air gap: one folder with all that a site needs."""
