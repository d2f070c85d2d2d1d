"""The command `openstack`: what is done with OpenStack beyond applying its layer; one module per sub-command."""

from __future__ import annotations

import click

from groundplane.cli.lazy_group import LazyGroup

COMMANDS: dict[str, tuple[str, str]] = {
    "status": ("groundplane.cli.openstack.status", "Show containers and services of all hosts in one view."),
    "config": ("groundplane.cli.openstack.config", "Show what kolla-ansible is given, with secrets masked."),
    "clouds": ("groundplane.cli.openstack.clouds", "Give clouds.yaml entries for the admin and for a project's user."),
    "smoke": ("groundplane.cli.openstack.smoke", "Boot a server from a volume as an ordinary user, and clean up."),
    "service": ("groundplane.cli.openstack.service", "Call one of kolla-ansible's actions for some services."),
    "cleanup": ("groundplane.cli.openstack.cleanup", "Remove containers of services that were switched off."),
    "compute": ("groundplane.cli.openstack.compute", "List, drain, enable, disable and evacuate compute hosts."),
    "node": ("groundplane.cli.openstack.node", "Add and remove nodes, with all that knows of them."),
    "logs": ("groundplane.cli.openstack.logs", "Show the logs of a service of all hosts in one view."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def command() -> None:
    """Look into and after the OpenStack that the layer 'openstack' deployed."""
