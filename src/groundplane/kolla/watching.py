"""What is left on hosts for plans to look at: a service's containers, and what lies in their configuration folders.

A container counts to the service whose folder below /etc/kolla it mounts, whatever it is called.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from groundplane.kolla.containers import kolla_containers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from groundplane.site.site import Site

WATCH_DIRECTORY = "/var/lib/groundplane/watch"
ASIDE_DIRECTORY = "/var/lib/groundplane/set-aside"
CONFIGURATION = "/etc/kolla"
"""Kolla's node_config_directory, on the hosts."""


def folders_by_host(site: Site) -> dict[str, dict[str, list[str]]]:
    """Service to hosts to the folders of the containers that it runs there.

    Raises:
        InputError: see `groundplane.kolla.containers.kolla_containers`.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for container in kolla_containers(site):
        for host in container.hosts:
            found.setdefault(container.service, {}).setdefault(host, []).append(container.folder)
    return found


def watch_play(step: str, folders: Mapping[str, Sequence[str]], *, hosts: str) -> Mapping[str, Any]:
    """Leaves the step's watch list: the last play of a service that is applied.

    Args:
        folders: host to the folders of the containers that it runs. The service's others are left out: what is left
            over there may go without the step's having to run again.
        hosts: a pattern.
    """
    by_host = json.dumps({host: sorted(names) for host, names in folders.items()})
    return {
        "name": "What a plan looks at later",
        "hosts": hosts,
        "gather_facts": False,
        "become": True,
        "tasks": [
            {
                "name": "Leave the watch list",
                "watch_containers": {
                    "step": step,
                    "configuration": CONFIGURATION,
                    "folders": f"{{{{ {by_host}[inventory_hostname] | default([]) }}}}",
                    "directory": WATCH_DIRECTORY,
                },
            }
        ],
    }


def aside_play(step: str, *, hosts: str) -> Mapping[str, Any]:
    """Moves away what somebody put into the folders since: the first play of a service that is applied again.

    It has to come before Kolla's own: of a file that Kolla finds as it wants it, nobody could tell whose it is.
    """
    return {
        "name": "What somebody put there since",
        "hosts": hosts,
        "gather_facts": False,
        "become": True,
        "tasks": [
            {
                "name": "Set aside files that the last run didn't leave",
                "watch_set_aside": {
                    "step": step,
                    "configuration": CONFIGURATION,
                    "directory": WATCH_DIRECTORY,
                    "aside": ASIDE_DIRECTORY,
                },
            }
        ],
    }
