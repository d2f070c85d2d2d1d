"""The command `identity`: customers and their realms, beyond applying the layer; one module per sub-command."""

from __future__ import annotations

import click

from groundplane.cli.lazy_group import LazyGroup

COMMANDS: dict[str, tuple[str, str]] = {
    "list": ("groundplane.cli.identity.list_customers", "List customers: domain, realm, people, last change."),
    "onboard": ("groundplane.cli.identity.onboard", "Take in a customer: realm, domain, groups, domain manager."),
    "offboard": ("groundplane.cli.identity.offboard", "Lock a customer out; or delete all that was made for it."),
    "rotate": ("groundplane.cli.identity.rotate", "Give clients new secrets, or realms new signing keys."),
    "export": ("groundplane.cli.identity.export", "Write down realms as they are, without secrets."),
    "backup": ("groundplane.cli.identity.backup", "Save database and realms in one encrypted file."),
    "restore": ("groundplane.cli.identity.restore", "Bring back what a backup saved."),
    "smoke": ("groundplane.cli.identity.smoke", "Log in as people do, see who is refused, log out; and clean up."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def command() -> None:
    """Look after customers, their realms and logins, which the layer 'identity' deployed."""
