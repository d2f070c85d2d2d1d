"""Realms as Keycloak exports them, without secrets: to be read, compared, or imported elsewhere.

Keycloak blanks out clients' secrets, passwords of identity providers and directories, and private keys itself when a
realm is exported over its API (partial export); what it might forget is blanked out here. People come along where asked
for, without their credentials.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundplane.errors import InputError
from groundplane.identity.keycloak.session import part
from groundplane.site.source import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from groundplane.identity.keycloak.session import RealmCalls, Session

PAGE = 200
MASK = "**********"
"""Keycloak's own."""
SECRET_NAMES = frozenset({
    "secret",
    "clientSecret",
    "password",
    "bindCredential",
    "privateKey",
    "keystorePassword",
    "keyPassword",
    "registrationAccessToken",
    "secretData",
})  # fmt: skip
"""Keys whose values are blanked out, wherever they stand; in components' settings values are lists."""
_USER_KEYS = ("username", "email", "emailVerified", "firstName", "lastName", "enabled", "attributes", "requiredActions")


def export_realm(session: Session, realm: str, *, people: bool = False) -> dict[str, Any]:
    """One realm with its clients, roles, groups, scopes, flows, providers and keys' public halves.

    Raises:
        InputError: there is no such realm.
        FailedError: Keycloak refuses.
    """
    names = realm_names(session)
    if realm not in names:
        raise InputError(f"Keycloak has no realm '{realm}'", cure=suggest(realm, names, f"It has: {', '.join(names)}"))
    wanted = {"exportClients": "true", "exportGroupsAndRoles": "true"}
    found, _ = session.call("POST", f"/{part(realm)}/partial-export", params=wanted)
    if people:
        calls = session.realm(realm)
        found["users"] = [_person(calls, user) for user in every(calls, "users", briefRepresentation="false")]
    blanked: dict[str, Any] = without_secrets(found)
    return blanked


def export_realms(session: Session, realms: Iterable[str], *, people: bool = False) -> dict[str, dict[str, Any]]:
    """Several; raises as `export_realm`."""
    return {realm: export_realm(session, realm, people=people) for realm in realms}


def realm_names(session: Session) -> list[str]:
    """All that Keycloak has."""
    return sorted(one["realm"] for one in session.call("GET", "", params={"briefRepresentation": "true"})[0])


def every(calls: RealmCalls, path: str, **params: str) -> Iterator[dict[str, Any]]:
    """A long list of a realm's, page after page (`first` and `max`)."""
    first = 0
    while page := calls.all(path, first=str(first), max=str(PAGE), **params):
        yield from page
        if len(page) < PAGE:
            return
        first += len(page)


def without_secrets(data: Any) -> Any:
    """The data with everything blanked out that goes by a secret's name."""
    if isinstance(data, list):
        return [without_secrets(each) for each in data]
    if isinstance(data, dict):
        return {key: _blank(value) if key in SECRET_NAMES else without_secrets(value) for key, value in data.items()}
    return data


def _blank(value: Any) -> Any:
    if isinstance(value, list):
        return [_blank(each) for each in value]
    return MASK if isinstance(value, str) and value else without_secrets(value)


def _person(calls: RealmCalls, user: dict[str, Any]) -> dict[str, Any]:
    groups = every(calls, f"users/{user['id']}/groups")
    known = {key: user[key] for key in _USER_KEYS if user.get(key) not in (None, "", [], {})}
    return {**known, "groups": sorted(group["path"] for group in groups)}
