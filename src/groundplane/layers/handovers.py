"""Handovers: what one layer keeps for the services of others, fetched into memory when a step needs it.

A step says `handover: [ceph]` and gets what the layer ceph keeps for the service that the step is named after;
`ceph:glance` names another one. The keys never lie on this machine's disk: they are made and kept where the layer runs.

Who hands over is a module with one function. It is imported when it is needed:

    def fetch(site: Site, connection: SshConnection, handover: Handover) -> HandedOver
        Asks the layer's hosts. Raises a GroundplaneError where they can't be asked, or where there can be nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from groundplane.layers.model import Handover
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection


@dataclass(frozen=True, slots=True)
class Source:
    """Who hands over: a module, and the step after which there is something."""

    module: str
    step: str


SOURCES = {"ceph": Source("groundplane.ceph.handover", "ceph.users")}
"""What layers.yml may name: a layer, and who speaks for it."""


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What a layer hands over.

    Attributes:
        files: name to text, as a playbook finds them in the folder `groundplane_handover.LAYER`.
        keys: whose key it is ("client.glance") to the key: a plan compares its digest, and nobody is shown it.
        missing: who should have a key and has none, to the step that makes it.
    """

    files: Mapping[str, str] = field(repr=False)
    keys: Mapping[str, str] = field(repr=False)
    missing: Mapping[str, str] = field(default_factory=dict)


class HandsOver(Protocol):
    """The module of a source."""

    def fetch(self, site: Site, connection: SshConnection, handover: Handover) -> HandedOver: ...


def fetch(site: Site, connection: SshConnection, handover: Handover) -> HandedOver:
    """What is handed over right now.

    Raises:
        GroundplaneError: see the source.
    """
    source = cast("HandsOver", import_module(SOURCES[handover.layer].module))
    return source.fetch(site, connection, handover)
