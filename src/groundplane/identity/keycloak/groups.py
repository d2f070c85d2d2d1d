"""Groups of a realm (GroupRepresentation): those at its top, by name. What they may in OpenStack, OpenStack keeps."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from groundplane.identity.keycloak.roles import GIVEN_ROLES, roles_given, settle_roles
from groundplane.identity.keycloak.sheet import Field, Sheet, chosen
from groundplane.identity.keycloak.work import MARK, RealmWork
from groundplane.platform.reconcile import Found, Leftover, Thing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from groundplane.identity.options import Group

ALL = "1000000"
"""Keycloak gives the first hundred where nobody says how many."""
ROLES = "roles"


def groups_there(work: RealmWork) -> list[dict[str, Any]]:
    return work.calls.all("groups", briefRepresentation="false", populateHierarchy="false", max=ALL)


class Groups:
    """See `reconcile.Kind`."""

    def __init__(self, work: RealmWork, groups: Sequence[Group]) -> None:
        self._work = work
        self._groups = groups

    def things(self) -> Iterator[Thing]:
        for group in self._groups:
            yield self._group(group)

    def leftovers(self) -> Iterator[Leftover]:
        declared = {group.name for group in self._groups}
        for one in groups_there(self._work):
            if self._work.marked(one.get("attributes")) and one["name"] not in declared:
                path = f"groups/{one['id']}"
                yield self._work.leftover("group", one["name"], partial(self._work.calls.delete, path))

    def _group(self, group: Group) -> Thing:
        work = self._work
        sheet = Sheet(
            [
                Field("description", ("description",), group.description),
                *(
                    Field(f"attribute {name}", ("attributes", name), [value])
                    for name, value in group.attributes.items()
                ),
            ]
        )

        def body(there: Mapping[str, Any]) -> dict[str, Any]:
            made = sheet.onto(there)
            # A role can only be given to a group that is there, and what was given is written down before.
            given = {GIVEN_ROLES: sorted(group.roles)} if group.roles else {}
            kept = {key: value for key, value in (made.get("attributes") or {}).items() if key != GIVEN_ROLES}
            return {**made, "attributes": {**kept, MARK: [work.mark], **given}}

        def look() -> Found | None:
            there = chosen(groups_there(work), "name", group.name)
            if there is None:
                return None
            kept = there.get("attributes") or {}
            roles = roles_given(work, f"groups/{there['id']}", group.roles, kept.get(GIVEN_ROLES, ()))
            return Found(str(there["id"]), {**sheet.have(there), ROLES: roles}, ours=work.marked(kept))

        def make() -> None:
            made = work.calls.post("groups", body({"name": group.name}))
            if group.roles:
                settle_roles(work, f"groups/{made}", (), group.roles)

        def change(seen: Found, names: Sequence[str]) -> None:
            there = chosen(groups_there(work), "name", group.name) or {}
            if ROLES in names:
                settle_roles(work, f"groups/{seen.id}", seen.have[ROLES], group.roles)
            work.calls.put(f"groups/{seen.id}", body(there))

        return Thing(
            name=work.named("group", group.name),
            wanted={**sheet.wanted, ROLES: sorted(group.roles)},
            look=look,
            make=make,
            change=change,
            adopt=group.adopt,
            after=work.after,
        )
