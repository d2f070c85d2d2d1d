"""What steps leave in a cluster rather than on a host, where a probe of the hosts doesn't see it.

Such a step's module says how it stands right now. It is imported when it is needed:

    def standing(site: Site, connection: SshConnection, steps: Sequence[str]) -> Mapping[str, Mapping[str, str]]
        Step to items and their values, made for people; items begin with PREFIX. Raises a GroundplaneError where
        nobody can be asked.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection

PREFIX = "cluster's "
"""How these items begin: "cluster's pool images"."""
MODULES = dict.fromkeys(("ceph.pools", "ceph.users", "ceph.filesystems"), "groundplane.ceph.standing")
"""Step to the module that knows."""


class Knows(Protocol):
    """The module."""

    def standing(
        self, site: Site, connection: SshConnection, steps: Sequence[str]
    ) -> Mapping[str, Mapping[str, str]]: ...


def ask(site: Site, connection: SshConnection, steps: Iterable[str]) -> dict[str, Mapping[str, str]]:
    """Step to items; steps of which nobody knows anything are left out.

    Raises:
        GroundplaneError: nobody can be asked.
    """
    by_module: dict[str, list[str]] = {}
    for step in steps:
        if step in MODULES:
            by_module.setdefault(MODULES[step], []).append(step)
    found: dict[str, Mapping[str, str]] = {}
    for module, asked in by_module.items():
        found.update(cast("Knows", import_module(module)).standing(site, connection, asked))
    return found
