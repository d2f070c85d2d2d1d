"""An ordinary user in a project of its own, made by the administrator for one smoke test."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError
from groundplane.openstack.api import Login
from groundplane.openstack.smoke.marks import PREFIX, description, is_left_over, kept_description

if TYPE_CHECKING:
    from datetime import datetime

    from openstack.connection import Connection

MEMBER = "member"
"""The role that a customer's user has; Keystone makes it by itself (keystone-manage bootstrap)."""
DOMAIN = "default"
"""The id of the domain Default."""


@dataclass(frozen=True, slots=True)
class Account:
    """A project with one user of the same name."""

    name: str
    project: str
    """Its id."""
    user: str
    """Its id; empty where it has none any more."""


def make_account(admin: Connection, name: str, *, holder: str) -> tuple[Account, Login]:
    """The project, the user, and how the user logs in; the password is in memory only.

    Where it fails half-way `find_account` finds what there is.

    Raises:
        FailedError: the cloud has no role `member`. What the SDK raises goes through.
    """
    identity: Any = admin.identity
    said = description(holder)
    project = identity.create_project(name=name, domain_id=DOMAIN, description=said)
    password = secrets.token_urlsafe(32)
    user = identity.create_user(
        name=name, domain_id=DOMAIN, password=password, description=said, default_project_id=project.id
    )
    role = identity.find_role(MEMBER)
    if role is None:
        raise FailedError(
            f"The cloud has no role '{MEMBER}'",
            cure="Keystone makes it when it is bootstrapped: groundplane apply openstack.keystone --force",
        )
    identity.assign_project_role_to_user(project=project.id, user=user.id, role=role.id)
    return Account(name, project.id, user.id), Login(name, password, name)


def keep_account(admin: Connection, name: str, *, holder: str) -> None:
    """From now on only --clean removes it; what the SDK raises goes through."""
    identity: Any = admin.identity
    project = identity.find_project(name, domain_id=DOMAIN)
    if project is not None:
        identity.update_project(project, description=kept_description(holder))


def find_account(admin: Connection, name: str) -> Account | None:
    """The project of this name, as far as it was made; what the SDK raises goes through."""
    identity: Any = admin.identity
    project = identity.find_project(name, domain_id=DOMAIN)
    if project is None:
        return None
    user = identity.find_user(name, domain_id=DOMAIN)
    return Account(name, project.id, user.id if user is not None else "")


def left_over_accounts(admin: Connection, *, holder: str, now: datetime, all_: bool = False) -> list[Account]:
    """Projects of smoke tests that were killed; with `all_` of all, also of one that somebody runs right now."""
    identity: Any = admin.identity
    users = {user.name: user.id for user in identity.users(domain_id=DOMAIN) if user.name.startswith(PREFIX)}
    projects = {
        project.name: project for project in identity.projects(domain_id=DOMAIN) if project.name.startswith(PREFIX)
    }
    return [
        Account(name, project.id, users.get(name, ""))
        for name, project in sorted(projects.items())
        if all_ or is_left_over(name, project.description or "", holder=holder, now=now)
    ]
