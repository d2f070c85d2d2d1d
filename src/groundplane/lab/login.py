"""`lab ssh`: the way in that the engine itself takes, with the site's key and its pinned host keys."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from groundplane.lab.service import find_lab
from groundplane.site.loading import read_site_file
from groundplane.site.secrets.opening import open_secrets
from groundplane.ssh.connection import open_connection

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from groundplane.lab.service import LabPlaces

LOGIN_FAILED = 255
"""ssh's own exit code, when it isn't the command's."""


def ssh_to_node(name: str, node: str, words: Sequence[str], places: LabPlaces, *, runtime: Path) -> int:
    """Logs in to a node on this terminal, or runs a command there; returns ssh's exit code.

    As the operator, or as the initial user where the bootstrap layer hasn't made the operator yet. `runtime` is
    Settings.runtime, where the key's agent lives while ssh runs.
    """
    folder, lab = find_lab(name, places)
    found = lab.node(node)
    site_file = read_site_file(folder.site)
    opened = open_secrets(folder.site, site_file, override=None, runtime=runtime, ask=None)
    address = lab.address(found)
    with open_connection(
        folder.site, site_file.ssh, runtime=runtime, ssh_auth_sock=None, secrets=opened.values
    ) as connection:
        user = site_file.ssh.operator
        knock = connection.command(user, address, "true")
        if subprocess.run(knock, capture_output=True, stdin=subprocess.DEVNULL, check=False).returncode == LOGIN_FAILED:
            user = site_file.ssh.initial_user
        command = connection.command(user, address, *words)
        if not words:
            command.insert(1, "-t")
        return subprocess.run(command, check=False).returncode
