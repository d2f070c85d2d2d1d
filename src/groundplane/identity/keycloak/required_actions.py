"""What people may have to do at a login, and roles that everybody new has (RequiredActionProviderRepresentation)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError
from groundplane.identity.keycloak.session import part
from groundplane.identity.keycloak.sheet import Field, Sheet, chosen
from groundplane.identity.keycloak.work import Part
from groundplane.platform.reconcile import Found, Thing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from groundplane.identity.keycloak.work import RealmWork
    from groundplane.identity.options import RequiredAction

PATH = "authentication/required-actions"
ONE_TIME_PASSWORD = "CONFIGURE_TOTP"  # noqa: S105 - Keycloak's name of an action


class RequiredActions(Part):
    """See `reconcile.Kind`."""

    def __init__(self, work: RealmWork, actions: Sequence[RequiredAction]) -> None:
        self._work = work
        self._actions = actions

    def things(self) -> Iterator[Thing]:
        for action in self._actions:
            yield self._action(action)

    def _action(self, action: RequiredAction) -> Thing:
        sheet = Sheet(
            [
                Field("enabled", ("enabled",), action.enabled),
                Field("for everybody new", ("defaultAction",), action.default),
            ]
        )

        def there() -> dict[str, Any] | None:
            found = chosen(self._work.calls.all(PATH), "alias", action.alias)
            return dict(found) if found is not None else None

        def look() -> Found | None:
            found = there()
            return Found(action.alias, sheet.have(found)) if found is not None else None

        def make() -> None:
            known = self._work.calls.all("authentication/unregistered-required-actions")
            one = chosen(known, "providerId", action.alias)
            if one is None:
                raise FailedError(
                    f"Keycloak knows no required action {action.alias}",
                    why=f"it has {', '.join(str(each['alias']) for each in self._work.calls.all(PATH))}",
                    cure="Name one of these.",
                )
            self._work.calls.post("authentication/register-required-action", dict(one))
            self._work.calls.put(f"{PATH}/{part(action.alias)}", sheet.onto(there()))

        return Thing(
            name=self._work.named("required action", action.alias),
            wanted=sheet.wanted,
            look=look,
            make=make,
            change=lambda *_: self._work.calls.put(f"{PATH}/{part(action.alias)}", sheet.onto(there())),
            after=self._work.after,
        )


class DefaultRoles(Part):
    """Takes roles of clients away from what everybody new gets. See `reconcile.Kind`.

    Args:
        without: client and role.
    """

    def __init__(self, work: RealmWork, without: Sequence[tuple[str, str]]) -> None:
        self._work = work
        self._without = without
        self._path = f"roles/{part(f'default-roles-{work.realm}')}/composites"

    def things(self) -> Iterator[Thing]:
        yield Thing(
            name=f"roles that everybody has in {self._work.after}",
            wanted={f"{client} {role}": "no" for client, role in self._without},
            look=lambda: Found(self._work.realm, {name: "yes" if one else "no" for name, one in self._given().items()}),
            make=lambda: None,
            change=lambda *_: self._work.calls.delete(self._path, [one for one in self._given().values() if one]),
            after=self._work.after,
        )

    def _given(self) -> dict[str, Any]:
        ids = {one["id"]: one["clientId"] for one in self._work.calls.all("clients")}
        there = {
            (ids.get(one.get("containerId")), one["name"]): one
            for one in self._work.calls.all(self._path)
            if one.get("clientRole")
        }
        return {f"{client} {role}": there.get((client, role)) for client, role in self._without}
