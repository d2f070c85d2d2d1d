"""Volume types, with encryption where the site asks for it (step platform.volume_types)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from groundplane.platform.marks import SPEC, mark
from groundplane.platform.reconcile import Found, Leftover, Thing
from groundplane.platform.rest import VOLUME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from groundplane.platform.configuration import PlatformConfiguration
    from groundplane.platform.options import VolumeType
    from groundplane.platform.rest import Rest
    from groundplane.platform.scopes import Scopes
    from groundplane.site.site import Site

PUBLIC = "os-volume-type-access:is_public"
SPECS, ENCRYPTION, PROJECTS = "extra spec", "encryption", "projects"
_ENCRYPTION = ("provider", "cipher", "key_size", "control_location")


class VolumeTypes:
    """See `reconcile.Kind`."""

    def __init__(self, site: Site, asked: PlatformConfiguration, rest: Rest, scopes: Scopes) -> None:
        self._site = site
        self._asked = asked
        self._rest = rest
        self._scopes = scopes
        listed = rest.all(VOLUME, "/types", "volume_types", params={"is_public": "None"})
        self._known: dict[str, dict[str, Any]] = {one["name"]: one for one in listed}

    def things(self) -> Iterator[Thing]:
        for type_ in self._asked.volume_types:
            yield self._thing(type_)

    def leftovers(self) -> Iterator[Leftover]:
        declared = {type_.name for type_ in self._asked.volume_types}
        for name, one in self._known.items():
            if name not in declared and self._ours(one):
                prune = "volume_types" in self._asked.prune
                yield Leftover(f"volume type {name}", partial(self._remove, one["id"]) if prune else None)

    def _thing(self, type_: VolumeType) -> Thing:
        wanted: dict[str, Any] = {
            "description": type_.description,
            "public": type_.public,
            SPECS: dict(type_.extra_specs),
            ENCRYPTION: type_.encryption.model_dump() if type_.encryption is not None else {},
            **({} if type_.public else {PROJECTS: sorted(type_.projects)}),
        }
        return Thing(
            name=f"volume type {type_.name}",
            wanted=wanted,
            look=lambda: self._look(type_),
            make=lambda: self._make(type_),
            change=lambda seen, names: self._change(type_, seen, names),
            adopt=type_.adopt,
        )

    def _ours(self, one: Mapping[str, Any]) -> bool:
        return bool((one.get("extra_specs") or {}).get(SPEC) == mark(self._site))

    def _look(self, type_: VolumeType) -> Found | None:
        one = self._known.get(type_.name)
        if one is None:
            return None
        encryption = self._encryption(one["id"])
        may = set() if type_.public else self._projects(one)
        return Found(
            id=one["id"],
            have={
                "description": one.get("description") or "",
                "public": _is_public(one),
                SPECS: {key: value for key, value in (one.get("extra_specs") or {}).items() if key != SPEC},
                ENCRYPTION: {key: encryption[key] for key in _ENCRYPTION} if encryption else {},
                # Whom somebody else let in isn't looked at.
                PROJECTS: sorted(name for name in type_.projects if self._scopes.found_id(name) in may),
            },
            ours=self._ours(one),
        )

    def _encryption(self, id_: str) -> dict[str, Any]:
        found = self._rest.call(VOLUME, "GET", f"/types/{id_}/encryption")
        return found if found.get("encryption_id") else {}

    def _make(self, type_: VolumeType) -> None:
        body = {
            "name": type_.name,
            "description": type_.description,
            PUBLIC: type_.public,
            "extra_specs": {**type_.extra_specs, SPEC: mark(self._site)},
        }
        made = self._rest.call(VOLUME, "POST", "/types", body={"volume_type": body})["volume_type"]
        self._encrypt(type_, made["id"])
        self._let_in(type_, made["id"], set())

    def _projects(self, one: Mapping[str, Any]) -> set[str]:
        """Who may use it; Cinder has no list of a public one."""
        if _is_public(one):
            return set()
        listed = self._rest.all(VOLUME, f"/types/{one['id']}/os-volume-type-access", "volume_type_access")
        return {each["project_id"] for each in listed}

    def _let_in(self, type_: VolumeType, id_: str, may: set[str]) -> None:
        wanted = set() if type_.public else {self._scopes.project_id(name) for name in type_.projects}
        for project in sorted(wanted - may):
            body = {"addProjectAccess": {"project": project}}
            self._rest.call(VOLUME, "POST", f"/types/{id_}/action", body=body)

    def _encrypt(self, type_: VolumeType, id_: str) -> None:
        if type_.encryption is not None:
            body = {"encryption": type_.encryption.model_dump()}
            self._rest.call(VOLUME, "POST", f"/types/{id_}/encryption", body=body)

    def _change(self, type_: VolumeType, seen: Found, names: Sequence[str]) -> None:
        path = f"/types/{seen.id}"
        if {"description", "public"} & set(names):
            body = {"volume_type": {"description": type_.description, "is_public": type_.public}}
            self._rest.call(VOLUME, "PUT", path, body=body)
        specs = {**type_.extra_specs, SPEC: mark(self._site)}
        self._rest.call(VOLUME, "POST", f"{path}/extra_specs", body={"extra_specs": specs})
        for key in sorted(set(seen.have[SPECS]) - set(specs)):
            self._rest.call(VOLUME, "DELETE", f"{path}/extra_specs/{key}")
        if ENCRYPTION in names:
            there = self._encryption(seen.id)
            if there:
                self._rest.call(VOLUME, "DELETE", f"{path}/encryption/{there['encryption_id']}")
            self._encrypt(type_, seen.id)
        if PROJECTS in names:
            self._let_in(type_, seen.id, self._projects({"id": seen.id, "is_public": False}))

    def _remove(self, id_: str) -> None:
        self._rest.call(VOLUME, "DELETE", f"/types/{id_}")


def _is_public(one: Mapping[str, Any]) -> bool:
    """Cinder says it in two ways."""
    return bool(one.get("is_public", one.get(PUBLIC, True)))
