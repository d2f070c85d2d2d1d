"""Client scopes: what tokens say; and mappers that are put into scopes of others.

A mapper belongs to its scope or client and is as declared where that is ours; in anybody else's scope it carries the
mark in its own settings. Keys: ClientScopeRepresentation and ProtocolMapperRepresentation.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError
from groundplane.identity.keycloak.sheet import Field, Sheet, attributes, chosen
from groundplane.identity.keycloak.work import MARK, RealmWork
from groundplane.platform.reconcile import Found, Leftover, Thing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from groundplane.identity.client_options import ClientScope, ProtocolMapper, ScopeMapper

MAPPER, ASSIGNED = "mapper", "given to new clients"
_LISTS = {"default": "default-default-client-scopes", "optional": "default-optional-client-scopes"}


class ClientScopes:
    """See `reconcile.Kind`."""

    def __init__(self, work: RealmWork, scopes: Sequence[ClientScope], mappers: Sequence[ScopeMapper] = ()) -> None:
        self._work = work
        self._scopes = scopes
        self._mappers = mappers

    def things(self) -> Iterator[Thing]:
        for scope in self._scopes:
            yield self._scope(scope)
        for mapper in self._mappers:
            yield self._mapper(mapper)

    def leftovers(self) -> Iterator[Leftover]:
        declared = {scope.name for scope in self._scopes}
        placed = {(mapper.scope, mapper.name) for mapper in self._mappers}
        for one in self._work.calls.all("client-scopes"):
            if self._work.marked(one.get("attributes")) and one["name"] not in declared:
                path = f"client-scopes/{one['id']}"
                yield self._work.leftover("client scope", one["name"], partial(self._work.calls.delete, path))
                continue
            for mapper in one.get("protocolMappers") or ():
                if self._work.marked(mapper.get("config")) and (one["name"], mapper["name"]) not in placed:
                    path = f"client-scopes/{one['id']}/protocol-mappers/models/{mapper['id']}"
                    name = f"{one['name']}/{mapper['name']}"
                    yield self._work.leftover("mapper", name, partial(self._work.calls.delete, path))

    def _found(self, name: str) -> Mapping[str, Any] | None:
        return chosen(self._work.calls.all("client-scopes"), "name", name)

    def _scope(self, scope: ClientScope) -> Thing:
        sheet = Sheet(
            [
                Field("description", ("description",), scope.description),
                Field("protocol", ("protocol",), scope.protocol),
                Field(
                    "in the token's scope", ("attributes", "include.in.token.scope"), str(scope.in_token_scope).lower()
                ),
                Field(
                    "asks for consent",
                    ("attributes", "display.on.consent.screen"),
                    str(bool(scope.consent_text)).lower(),
                ),
                Field("consent text", ("attributes", "consent.screen.text"), scope.consent_text),
                *attributes(scope.attributes),
            ]
        )

        def body(there: Mapping[str, Any]) -> dict[str, Any]:
            made = sheet.onto(there)
            made["attributes"][MARK] = self._work.mark
            return made

        def look() -> Found | None:
            there = self._found(scope.name)
            if there is None:
                return None
            mappers = mappers_as_they_are(there.get("protocolMappers"), scope.mappers)
            have = {**sheet.have(there), MAPPER: mappers, ASSIGNED: self._assigned(scope.name)}
            return Found(str(there["id"]), have, ours=self._work.marked(there.get("attributes")))

        def make() -> None:
            made = {**body({"name": scope.name}), "protocolMappers": mapper_bodies(scope.mappers, scope.protocol)}
            self._assign(self._work.calls.post("client-scopes", made), "none", scope.assigned)

        def change(seen: Found, names: Sequence[str]) -> None:
            there = self._found(scope.name) or {}
            mappers = there.get("protocolMappers")
            self._work.calls.put(f"client-scopes/{seen.id}", body({**there, "protocolMappers": None}))
            if MAPPER in names:
                settle_mappers(self._work, f"client-scopes/{seen.id}", mappers, scope.mappers, scope.protocol)
            if ASSIGNED in names:
                self._assign(seen.id, seen.have[ASSIGNED], scope.assigned)

        return Thing(
            name=self._work.named("client scope", scope.name),
            wanted={**sheet.wanted, MAPPER: mappers_as_declared(scope.mappers), ASSIGNED: scope.assigned},
            look=look,
            make=make,
            change=change,
            adopt=scope.adopt,
            after=self._work.after,
        )

    def _assigned(self, name: str) -> str:
        for how, path in _LISTS.items():
            if chosen(self._work.calls.all(path), "name", name) is not None:
                return how
        return "none"

    def _assign(self, id_: str, before: str, wanted: str) -> None:
        if before in _LISTS and before != wanted:
            self._work.calls.delete(f"{_LISTS[before]}/{id_}")
        if wanted in _LISTS and before != wanted:
            self._work.calls.put(f"{_LISTS[wanted]}/{id_}")

    def _mapper(self, mapper: ScopeMapper) -> Thing:
        """A mapper of a scope that is here anyhow."""
        declared = mappers_as_declared([mapper])[mapper.name]

        def scope() -> Mapping[str, Any]:
            found = self._found(mapper.scope)
            if found is None:
                raise FailedError(
                    f"There is no client scope {mapper.scope} in the realm {self._work.realm}",
                    why=f"the mapper {mapper.name} belongs to it",
                    cure="Declare it in client_scopes, or name one that Keycloak brings, such as profile.",
                )
            return found

        def look() -> Found | None:
            found = self._found(mapper.scope)
            there = chosen((found or {}).get("protocolMappers") or (), "name", mapper.name)
            if there is None:
                return None
            have = mappers_as_they_are([there], [mapper])[mapper.name]
            return Found(str(there["id"]), have, ours=self._work.marked(there.get("config")))

        def body() -> dict[str, Any]:
            made = mapper_bodies([mapper], str(scope().get("protocol")))[0]
            return {**made, "config": {**made["config"], MARK: self._work.mark}}

        def path() -> str:
            return f"client-scopes/{scope()['id']}/protocol-mappers/models"

        return Thing(
            name=self._work.named("mapper", f"{mapper.scope}/{mapper.name}"),
            wanted=declared,
            look=look,
            make=lambda: _void(self._work.calls.post(path(), body())),
            change=lambda seen, _: self._work.calls.put(f"{path()}/{seen.id}", {**body(), "id": seen.id}),
            after=self._work.after,
        )


def mappers_as_declared(mappers: Sequence[ProtocolMapper]) -> dict[str, Any]:
    """Name to type and settings, in one mapping, to be compared."""
    return {mapper.name: {"type": mapper.type, **mapper.config} for mapper in mappers}


def mappers_as_they_are(there: Sequence[Mapping[str, Any]] | None, mappers: Sequence[ProtocolMapper]) -> dict[str, Any]:
    """The same of what is there; of settings only those that are declared, of mappers too."""
    found: dict[str, Any] = {}
    for mapper in mappers:
        one = chosen(there or (), "name", mapper.name)
        if one is not None:
            config = one.get("config") or {}
            found[mapper.name] = {
                "type": one.get("protocolMapper"),
                **{key: config.get(key, "") for key in mapper.config},
            }
    return found


def mapper_bodies(mappers: Sequence[ProtocolMapper], protocol: str) -> list[dict[str, Any]]:
    return [
        {"name": mapper.name, "protocol": protocol, "protocolMapper": mapper.type, "config": dict(mapper.config)}
        for mapper in mappers
    ]


def settle_mappers(
    work: RealmWork,
    owner: str,
    there: Sequence[Mapping[str, Any]] | None,
    mappers: Sequence[ProtocolMapper],
    protocol: str,
) -> None:
    """Makes the declared mappers of a scope or client (a path) what they should be; others stay."""
    path = f"{owner}/protocol-mappers/models"
    declared, have = mappers_as_declared(mappers), mappers_as_they_are(there, mappers)
    for mapper, body in zip(mappers, mapper_bodies(mappers, protocol), strict=True):
        one = chosen(there or (), "name", mapper.name)
        if one is None:
            work.calls.post(path, body)
        elif have[mapper.name] != declared[mapper.name]:
            config = {**(one.get("config") or {}), **mapper.config}
            work.calls.put(f"{path}/{one['id']}", {**one, **body, "config": config})


def _void(_: object) -> None:
    return None
