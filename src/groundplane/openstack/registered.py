"""What services that were switched off registered in Keystone's catalogue, where users would go on finding it."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundplane.openstack.api import telling
from groundplane.openstack.compute.hosts import connection
from groundplane.openstack.work import api_stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from openstack.connection import Connection

    from groundplane.openstack.work import Work
    from groundplane.run.stages import Stage
    from groundplane.site.site import Site

MINUTES = 10.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A service of the catalogue, with all its endpoints."""

    id: str
    name: str
    type: str


def registered(cloud: Connection, services: Iterable[str]) -> tuple[Entry, ...]:
    """The catalogue's entries of Kolla's services.

    Kolla calls them as the service, with a version or a word behind it: heat and heat-cfn, cinderv3, manilav2.

    Raises:
        FailedError: Keystone doesn't tell.
    """
    patterns = [re.compile(rf"{re.escape(name)}(-.+|_?v\d+)?") for name in services]
    identity: Any = cloud.identity
    with telling("Keystone doesn't list its services"):
        found = [Entry(one.id, one.name or "", one.type or "") for one in identity.services()]
    return tuple(one for one in found if any(pattern.fullmatch(one.name) for pattern in patterns))


def remove_stage(site: Site, entries: Sequence[Entry], *, check: bool) -> Stage:
    """Takes entries out of the catalogue; Keystone removes their endpoints with them."""

    def work(told: Work) -> None:
        with closing(connection(site)) as cloud:
            remove(cloud, entries, told)

    shown = site.inventory.group_hosts.get("control", ())[:1]
    what = "Keystone's catalogue leaves out what was switched off"
    return api_stage("openstack.cleanup-catalogue", what, shown, work, minutes=MINUTES, check=check)


def remove(cloud: Connection, entries: Sequence[Entry], work: Work) -> None:
    """Carries it out; one that is gone already is passed over.

    Raises:
        FailedError: Keystone refuses.
    """
    identity: Any = cloud.identity
    for entry in entries:
        with work.piece(f"The catalogue leaves out {entry.name} ({entry.type})") as piece:
            piece.changed = True
            if not work.check:
                with telling(f"{entry.name} stays in the catalogue"):
                    identity.delete_service(entry.id, ignore_missing=True)
