"""People that a realm keeps itself (UserRepresentation).

A password is set when the user is made, and when the secret has changed since: who chose another one keeps it. A
membership that somebody gave by hand stays; one that was given here and is no longer declared ends. What people have to
do at their first login is asked for once, when they are made.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError
from groundplane.identity.keycloak.groups import ALL, groups_there
from groundplane.identity.keycloak.roles import GIVEN_ROLES, roles_given, settle_roles
from groundplane.identity.keycloak.sheet import Field, Sheet, chosen
from groundplane.identity.keycloak.work import ANOTHER, DECLARED, MARK, SECRET_MARK, RealmWork
from groundplane.platform.reconcile import Found, Leftover, Thing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from groundplane.identity.options import User

GIVEN_GROUPS = "groundplane_groups"
"""The attribute with the memberships that were given here."""
PASSWORD, GROUPS, ROLES = "password", "groups", "roles"


class Users:
    """See `reconcile.Kind`."""

    def __init__(self, work: RealmWork, users: Sequence[User]) -> None:
        self._work = work
        self._users = users

    def things(self) -> Iterator[Thing]:
        for user in self._users:
            yield self._user(user)

    def leftovers(self) -> Iterator[Leftover]:
        declared = {user.username for user in self._users}
        for one in self._ours():
            if one["username"] not in declared:
                path = f"users/{one['id']}"
                yield self._work.leftover("user", one["username"], partial(self._work.calls.delete, path))

    def _ours(self) -> list[dict[str, Any]]:
        """All with the mark, in one answer."""
        found = self._work.calls.all("users", q=f"{MARK}:{self._work.mark}", briefRepresentation="false", max=ALL)
        return [one for one in found if self._work.marked(one.get("attributes"))]

    def _found(self, name: str) -> Mapping[str, Any] | None:
        ours = chosen(self._ours(), "username", name)
        if ours is not None:
            return ours
        there = self._work.calls.all("users", username=name, exact="true", briefRepresentation="false")
        return there[0] if there else None

    def _user(self, user: User) -> Thing:
        work = self._work
        sheet = Sheet(_fields(user))
        password = work.secret(user.password, f"the user {user.username} of {work.realm}") if user.password else ""

        def body(there: Mapping[str, Any]) -> dict[str, Any]:
            made = sheet.onto(there)
            given = {MARK: [work.mark], GIVEN_GROUPS: sorted(user.groups), GIVEN_ROLES: sorted(user.roles)}
            if password:
                given[SECRET_MARK] = [work.digest(password)]
            kept = {key: value for key, value in (made.get("attributes") or {}).items() if key not in given}
            return {**made, "attributes": {**kept, **{key: value for key, value in given.items() if value}}}

        def look() -> Found | None:
            there = self._found(user.username)
            if there is None:
                return None
            kept = there.get("attributes") or {}
            have = sheet.have(there)
            have[PASSWORD] = DECLARED if password and kept.get(SECRET_MARK) == [work.digest(password)] else ANOTHER
            owner = f"users/{there['id']}"
            have[GROUPS] = self._memberships(owner, {*user.groups, *kept.get(GIVEN_GROUPS, ())})
            have[ROLES] = roles_given(work, owner, user.roles, kept.get(GIVEN_ROLES, ()))
            return Found(str(there["id"]), have, ours=work.marked(kept))

        def make() -> None:
            made = body({"username": user.username})
            if password:
                made["credentials"] = [_credential(password, user.temporary)]
            made |= {"requiredActions": list(user.required_actions), "groups": [f"/{name}" for name in user.groups]}
            self._check_groups(user)
            id_ = work.calls.post("users", made)
            if user.roles:
                settle_roles(work, f"users/{id_}", (), user.roles)

        def change(seen: Found, names: Sequence[str]) -> None:
            owner, there = f"users/{seen.id}", self._found(user.username) or {}
            if PASSWORD in names:
                work.calls.put(f"{owner}/reset-password", _credential(password, user.temporary))
            if GROUPS in names:
                self._settle_groups(owner, seen.have[GROUPS], user)
            if ROLES in names:
                settle_roles(work, owner, seen.have[ROLES], user.roles)
            work.calls.put(owner, body(there))

        wanted = {**sheet.wanted, GROUPS: sorted(user.groups), ROLES: sorted(user.roles)}
        return Thing(
            name=work.named("user", user.username),
            wanted={**wanted, PASSWORD: DECLARED} if password else wanted,
            look=look,
            make=make,
            change=change,
            adopt=user.adopt,
            after=work.after,
        )

    def _memberships(self, owner: str, counted: set[str]) -> list[str]:
        there = {one["path"] for one in self._work.calls.all(f"{owner}/groups", max=ALL)}
        return sorted(name for name in counted if f"/{name}" in there)

    def _ids(self) -> dict[str, str]:
        return {one["name"]: str(one["id"]) for one in groups_there(self._work)}

    def _check_groups(self, user: User) -> None:
        """Keycloak makes groups that it doesn't know."""
        known = self._ids()
        for name in user.groups:
            if name not in known:
                raise FailedError(
                    f"There is no group {name} in the realm {self._work.realm}",
                    why=f"{user.username} is to be a member of it",
                    cure="Declare it in groups.",
                )

    def _settle_groups(self, owner: str, have: Sequence[str], user: User) -> None:
        self._check_groups(user)
        ids = self._ids()
        for name in user.groups:
            if name not in have:
                self._work.calls.put(f"{owner}/groups/{ids[name]}")
        for name in have:
            if name not in user.groups:
                self._work.calls.delete(f"{owner}/groups/{ids[name]}")


def _fields(user: User) -> list[Field]:
    """What isn't written is the person's own business."""
    fields = [Field("enabled", ("enabled",), user.enabled)]
    if user.email:
        fields += [
            Field("mail address", ("email",), user.email.lower()),
            Field("mail address confirmed", ("emailVerified",), user.email_verified),
        ]
    names = {"first name": ("firstName", user.first_name), "last name": ("lastName", user.last_name)}
    fields += [Field(label, (key,), value) for label, (key, value) in names.items() if value]
    return [
        *fields,
        *(Field(f"attribute {name}", ("attributes", name), [value]) for name, value in user.attributes.items()),
    ]


def _credential(password: str, temporary: bool) -> dict[str, Any]:
    return {"type": "password", "value": password, "temporary": temporary}
