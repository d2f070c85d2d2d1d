"""All customers with what there is of them: declared by the site's files, found in Keycloak and OpenStack."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from groundplane.identity.configuration import MASTER
from groundplane.identity.keycloak.work import RealmWork
from groundplane.platform.marks import has_mark
from groundplane.platform.rest import IDENTITY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from groundplane.identity.configuration import IdentityConfiguration
    from groundplane.identity.keycloak.session import RealmCalls, Session
    from groundplane.platform.rest import Rest
    from groundplane.site.site import Site

LAYER = "identity"
READY, LOCKED, DIFFERS, MISSING, UNDECLARED = "ready", "locked out", "not as declared", "not applied", "not declared"
"""How a customer stands."""
_MILLISECONDS = 1000


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer.

    Attributes:
        state: READY, LOCKED (and declared so), DIFFERS (locked out or let in by somebody else), MISSING (Keycloak or
            OpenStack has nothing of it), UNDECLARED (made by this site, and its file is gone).
        users, groups: of its realm; None where it isn't there.
        changed_at: of the newest event of an administrator's in its realm; None where none is kept.
    """

    name: str
    display_name: str
    domain: str
    state: str
    users: int | None = None
    groups: int | None = None
    projects: int | None = None
    changed_at: datetime | None = None

    def as_data(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "display_name": self.display_name,
            "domain": self.domain,
            "state": self.state,
            "users": self.users,
            "groups": self.groups,
            "projects": self.projects,
            "changed_at": self.changed_at.isoformat() if self.changed_at is not None else None,
        }


def list_customers(
    site: Site, configuration: IdentityConfiguration, session: Session, rest: Rest | None
) -> tuple[Customer, ...]:
    """By name; without OpenStack's part where `rest` is None.

    Raises:
        FailedError: Keycloak can't be asked.
    """
    realms = {one["realm"]: one for one in session.call("GET", "")[0]}
    domains = _domains(site, rest)
    projects = _projects(rest, domains)
    declared = {realm.name: realm for realm in configuration.customers}
    others = {configuration.proxy_realm, MASTER, *(realm.name for realm in configuration.realms)}
    ours = [
        name
        for name, one in realms.items()
        if name not in others and RealmWork(site, session.realm(name)).marked(one.get("attributes"))
    ]
    found = []
    for name in sorted({*declared, *ours}):
        wanted, there = declared.get(name), realms.get(name)
        domain = wanted.domain if wanted is not None else name
        counts = _counts(session.realm(name)) if there is not None else {}
        found.append(
            Customer(
                name,
                wanted.display_name if wanted is not None else str((there or {}).get("displayName") or name),
                domain,
                _state(
                    wanted.enabled if wanted is not None else None, there, domains.get(domain), known=rest is not None
                ),
                projects=projects.get(domain),
                **counts,
            )
        )
    return tuple(found)


def _state(
    enabled: bool | None, realm: Mapping[str, Any] | None, domain: Mapping[str, Any] | None, *, known: bool
) -> str:
    if enabled is None:
        return UNDECLARED
    if realm is None or (known and domain is None):
        return MISSING
    there = [bool(realm.get("enabled")), *([bool(domain.get("enabled"))] if domain is not None else [])]
    if any(one != enabled for one in there):
        return DIFFERS
    return READY if enabled else LOCKED


def _domains(site: Site, rest: Rest | None) -> dict[str, dict[str, Any]]:
    listed: Sequence[dict[str, Any]] = rest.all(IDENTITY, "/domains", "domains") if rest is not None else ()
    return {one["name"]: one for one in listed if has_mark(site, one.get("description"), LAYER)}


def _projects(rest: Rest | None, domains: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    listed: Sequence[dict[str, Any]] = (
        rest.all(IDENTITY, "/projects", "projects") if rest is not None and domains else ()
    )
    return {name: sum(one["domain_id"] == domain["id"] for one in listed) for name, domain in domains.items()}


def _counts(calls: RealmCalls) -> dict[str, Any]:
    """Three small questions a realm."""
    newest = calls.all("admin-events", max="1")
    groups = calls.get("groups/count", {})
    return {
        "users": int(calls.get("users/count", 0)),
        "groups": int(groups.get("count", 0)) if isinstance(groups, dict) else int(groups),
        "changed_at": datetime.fromtimestamp(newest[0]["time"] / _MILLISECONDS, UTC) if newest else None,
    }
