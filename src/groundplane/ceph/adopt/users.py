"""CephX users of a cluster that is adopted, as the option ceph_users has them. Keys are neither asked for nor kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from groundplane.ceph.adopt.part import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from groundplane.ceph.adopt.part import Answers

PREFIX = "client."
_OF_CEPH = re.compile(
    r"^(admin$|bootstrap-|crash($|\.)|rgw\.|nfs\.|iscsi\.|agent\.|ceph-exporter\.|rbd-mirror($|[.-])|cephfs-mirror\.)"
)
"""Users of Ceph's own daemons and of cephadm; these make and look after them."""


def adopted_users(answers: Answers, usual: Iterable[Mapping[str, Any]]) -> Part:
    """The users that people made.

    Args:
        usual: the role's own ceph_users: a user of the same name gets the same services (`for`).
    """
    services = {user["name"]: list(user.get("for", ())) for user in usual}
    users = []
    for entry in answers["users"]["auth_dump"]:
        entity = str(entry["entity"])
        name = entity.removeprefix(PREFIX)
        if not entity.startswith(PREFIX) or _OF_CEPH.match(name):
            continue
        user: dict[str, Any] = {"name": name}
        if services.get(name):
            user["for"] = services[name]
        users.append({**user, "caps": {kind: entry["caps"][kind] for kind in sorted(entry["caps"])}})
    return Part({"ceph_users": sorted(users, key=lambda user: str(user["name"]))})
