"""Roles of a realm and of its clients, and who has which (RoleRepresentation).

What somebody was given by hand stays; what was given here and is no longer declared is taken back: an attribute of the
group or user names what was given.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError
from groundplane.identity.keycloak.session import part
from groundplane.identity.keycloak.sheet import chosen
from groundplane.identity.keycloak.work import MARK, RealmWork
from groundplane.platform.reconcile import Found, Leftover, Thing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from groundplane.identity.client_options import Client, Role

GIVEN_ROLES = "groundplane_roles"
"""The attribute with the roles that were given here."""


class Roles:
    """A realm's own roles. See `reconcile.Kind`."""

    def __init__(self, work: RealmWork, roles: Sequence[Role]) -> None:
        self._work = work
        self._roles = roles

    def things(self) -> Iterator[Thing]:
        for role in self._roles:
            yield _role(self._work, role, "roles", self._work.named("role", role.name), self._work.after)

    def leftovers(self) -> Iterator[Leftover]:
        declared = {role.name for role in self._roles}
        for one in self._work.calls.all("roles", briefRepresentation="false"):
            if self._work.marked(one.get("attributes")) and one["name"] not in declared:
                path = f"roles/{part(one['name'])}"
                yield self._work.leftover("role", one["name"], partial(self._work.calls.delete, path))


def client_roles(work: RealmWork, client: Client, after: str) -> Iterator[Thing]:
    """Roles of a client that is declared."""
    for role in client.roles:
        name = work.named("role", f"{client.client_id}/{role.name}")
        yield _role(work, role, lambda: f"clients/{_client_id(work, client.client_id)}/roles", name, after)


def _client_id(work: RealmWork, client_id: str) -> str:
    found = chosen(work.calls.all("clients"), "clientId", client_id)
    return str(found["id"]) if found is not None else "none"


def _role(work: RealmWork, role: Role, where: Any, name: str, after: str) -> Thing:
    def path() -> str:
        return str(where() if callable(where) else where)

    def look() -> Found | None:
        there = chosen(work.calls.all(path(), briefRepresentation="false"), "name", role.name)
        if there is None:
            return None
        have = {"description": there.get("description") or ""}
        return Found(str(there["id"]), have, ours=work.marked(there.get("attributes")))

    def make() -> None:
        # Attributes of a role are taken at a change alone.
        work.calls.post(path(), {"name": role.name, "description": role.description, "attributes": {MARK: [work.mark]}})

    def change(*_: object) -> None:
        there = chosen(work.calls.all(path(), briefRepresentation="false"), "name", role.name) or {}
        work.calls.put(f"{path()}/{part(role.name)}", {**there, "description": role.description})

    return Thing(name, {"description": role.description}, look, make, change, after=after)


def roles_given(work: RealmWork, owner: str, wanted: Sequence[str], given: Sequence[str]) -> list[str]:
    """Of a group's or user's (a path) roles those that are declared, or that were given here."""
    if not {*wanted, *given}:
        return []
    there = {one["name"] for one in work.calls.all(f"{owner}/role-mappings/realm")}
    return sorted(there.intersection({*wanted, *given}))


def settle_roles(work: RealmWork, owner: str, have: Sequence[str], wanted: Sequence[str]) -> None:
    """Gives what is missing, and takes back what was given here and isn't declared any more."""
    known = {one["name"]: one for one in work.calls.all("roles", briefRepresentation="false")}
    path = f"{owner}/role-mappings/realm"
    more = [_known(known, name, work.realm) for name in wanted if name not in have]
    less = [known[name] for name in have if name not in wanted and name in known]
    if more:
        work.calls.post(path, more)
    if less:
        work.calls.delete(path, less)


def _known(known: Mapping[str, Any], name: str, realm: str) -> Any:
    if name not in known:
        raise FailedError(
            f"There is no role {name} in the realm {realm}",
            why=f"it has {', '.join(sorted(known))}",
            cure="Declare it in roles.",
        )
    return known[name]
