"""CephX users: what a site asks for, compared with what a cluster has.

Keys are made by the monitors, and none leaves this module: `plan_users` looks at capabilities alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_OWN = re.compile(r"^(admin|bootstrap-|crash\.|ceph-exporter\.|agent\.|rgw\.|nfs\.|iscsi\.|rbd-mirror\.)")
"""Users of Ceph's own daemons, and of the administrator."""
_SERVICES = ("mon", "osd", "mgr", "mds")
_NAME = re.compile(r"^[A-Za-z0-9._-]+$")


@dataclass(frozen=True)
class User:
    """`caps` by service: mon, osd, mgr, mds."""

    name: str
    caps: dict

    @property
    def entity(self) -> str:
        return f"client.{self.name}"


@dataclass(frozen=True)
class Change:
    """A sentence, and the monitors' command that makes it true."""

    sentence: str
    prefix: str
    arguments: dict


def read_users(written: list[dict], *, filesystems: bool) -> tuple[list[User], list[str]]:
    """ceph_users as users, and what is wrong with them.

    Args:
        filesystems: whether the site has file systems; some users are only there with them.
    """
    users: list[User] = []
    problems = []
    for one in written:
        name = str(one["name"])
        if one.get("only_with_filesystems") and not filesystems:
            continue
        if not _NAME.match(name) or name.startswith("client."):
            problems.append(f"{name!r} can't be a user's name. Write letters, digits, . _ and -, without client.")
        elif _OWN.match(name):
            problems.append(f"The user {name} is Ceph's own. Give yours another name.")
        elif name in {user.name for user in users}:
            problems.append(f"The user {name} is in ceph_users twice. Remove one of them.")
        elif unknown := sorted(set(one["caps"]) - set(_SERVICES)):
            problems.append(f"The user {name} has caps for {unknown[0]}. There are: {', '.join(_SERVICES)}.")
        else:
            users.append(User(name, {service: str(cap) for service, cap in one["caps"].items()}))
    return users, problems


def plan_users(wanted: list[User], auth_dump: list[dict]) -> list[Change]:
    """What differs from `auth ls`."""
    there = {entry["entity"]: entry["caps"] for entry in auth_dump}
    changes = []
    for user in wanted:
        caps = [word for service in sorted(user.caps) for word in (service, user.caps[service])]
        arguments = {"entity": user.entity, "caps": caps}
        if user.entity not in there:
            changes.append(Change(f"user {user.entity} made", "auth get-or-create", arguments))
        elif (before := _meaning(there[user.entity])) != (after := _meaning(user.caps)):
            services = [service for service in _SERVICES if before.get(service) != after.get(service)]
            told = ", ".join(
                f"{one} {there[user.entity].get(one, 'nothing')!r} → {user.caps.get(one)!r}" for one in services
            )
            changes.append(Change(f"user {user.entity}: {told}", "auth caps", arguments))
    return changes


def _meaning(caps: dict) -> dict:
    """Capabilities without what makes no difference: their order and blanks."""
    return {service: sorted(" ".join(grant.split()) for grant in text.split(",")) for service, text in caps.items()}
