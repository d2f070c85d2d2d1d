"""What is kept of a realm's people (Keycloak's user profile).

Attributes that the profile doesn't name can be set by administrators alone: the mark of what is ours, and whatever a
directory brings. Nobody is asked for a name or a mail address at the login, which no program could answer, but who
registers. In the proxy realm, what Keystone goes by is named, so that nobody can ever set it for themselves.
Source: Keycloak's Server Administration Guide, "Managing user attributes".
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from groundplane.identity.keycloak.work import Part
from groundplane.platform.reconcile import Found, Thing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from groundplane.identity.keycloak.work import RealmWork

PATH = "users/profile"
ADMINISTRATORS = "ADMIN_EDIT"
_ADMINISTRATORS_ALONE = {"view": ["admin"], "edit": ["admin"]}


class UserProfile(Part):
    """See `reconcile.Kind`.

    Args:
        guarded: attribute to whether it has several values: administrators alone see and set them.
        asked: people without a name or a mail address are asked for it, as Keycloak has it; else they aren't.
    """

    def __init__(self, work: RealmWork, guarded: Mapping[str, bool] | None = None, *, asked: bool = False) -> None:
        self._work = work
        self._guarded = guarded or {}
        self._asked = asked

    def things(self) -> Iterator[Thing]:
        wanted: dict[str, Any] = {"further attributes set by": ADMINISTRATORS}
        wanted |= {f"attribute {name}": "administrators alone" for name in self._guarded}
        if not self._asked:
            wanted["asked for"] = []
        yield Thing(
            name=f"user profile of {self._work.after}",
            wanted=wanted,
            look=self._look,
            make=lambda: None,
            change=lambda *_: self._change(),
            after=self._work.after,
        )

    def _look(self) -> Found:
        there = self._work.calls.get(PATH, {})
        named = {one["name"]: one for one in there.get("attributes", [])}
        have: dict[str, Any] = {"further attributes set by": there.get("unmanagedAttributePolicy")}
        for name, several in self._guarded.items():
            one = named.get(name)
            have[f"attribute {name}"] = "administrators alone" if one and _guarded(one, several) else "others, too"
        have["asked for"] = sorted(name for name, one in named.items() if one.get("required") and name != "username")
        return Found(self._work.realm, have)

    def _change(self) -> None:
        there = deepcopy(self._work.calls.get(PATH, {}))
        kept = [one for one in there.get("attributes", []) if one["name"] not in self._guarded]
        if not self._asked:
            for one in kept:
                one.pop("required", None)
        made: Sequence[dict[str, Any]] = [
            {"name": name, "displayName": name, "permissions": _ADMINISTRATORS_ALONE, "multivalued": several}
            for name, several in self._guarded.items()
        ]
        there["attributes"] = [*kept, *made]
        there["unmanagedAttributePolicy"] = ADMINISTRATORS
        self._work.calls.put(PATH, there)


def _guarded(one: Mapping[str, Any], several: bool) -> bool:
    permissions = one.get("permissions") or {}
    return {key: sorted(permissions.get(key) or ()) for key in _ADMINISTRATORS_ALONE} == _ADMINISTRATORS_ALONE and bool(
        one.get("multivalued")
    ) == several
