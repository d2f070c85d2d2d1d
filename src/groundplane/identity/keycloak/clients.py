"""Clients: applications that a realm's people log in to, with their scopes, mappers and own roles.

Keys: ClientRepresentation. A secret of the site's is compared with Keycloak's in memory and shown nowhere; one that
Keycloak made stays Keycloak's.
"""

from __future__ import annotations

import hmac
from functools import partial
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError
from groundplane.identity.keycloak.client_scopes import (
    MAPPER,
    mapper_bodies,
    mappers_as_declared,
    mappers_as_they_are,
    settle_mappers,
)
from groundplane.identity.keycloak.roles import client_roles
from groundplane.identity.keycloak.session import ADMIN_CLIENT, BOOTSTRAP_CLIENT
from groundplane.identity.keycloak.sheet import Field, Sheet, attribute, attributes, chosen
from groundplane.identity.keycloak.work import ANOTHER, DECLARED, MARK, RealmWork
from groundplane.platform.reconcile import Found, Leftover, Thing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from groundplane.identity.client_options import Client

SECRET = "secret"  # noqa: S105 - a label
SCOPES = {"scopes": "default-client-scopes", "optional scopes": "optional-client-scopes"}
"""Label to the path below the client."""
_KEYS = {"scopes": "defaultClientScopes", "optional scopes": "optionalClientScopes"}
_BETWEEN = "##"
"""How Keycloak puts several addresses into one attribute."""


class Clients:
    """See `reconcile.Kind`.

    Args:
        kept: clients that are ours for another reason, and no leftovers.
    """

    def __init__(self, work: RealmWork, clients: Sequence[Client], kept: Sequence[str] = ()) -> None:
        self._work = work
        self._clients = clients
        self._kept = (*kept, ADMIN_CLIENT, BOOTSTRAP_CLIENT)

    def things(self) -> Iterator[Thing]:
        for client in self._clients:
            yield self._client(client)
            yield from client_roles(self._work, client, self._work.named("client", client.client_id))

    def leftovers(self) -> Iterator[Leftover]:
        declared = {*self._kept, *(client.client_id for client in self._clients)}
        for one in self._work.calls.all("clients"):
            if self._work.marked(one.get("attributes")) and one["clientId"] not in declared:
                path = f"clients/{one['id']}"
                yield self._work.leftover("client", one["clientId"], partial(self._work.calls.delete, path))

    def _client(self, client: Client) -> Thing:
        work = self._work
        sheet = Sheet(client_fields(client))
        secret = work.secret(client.secret, f"the client {client.client_id}") if client.secret else ""
        wanted: dict[str, Any] = {**sheet.wanted, MAPPER: mappers_as_declared(client.mappers)}
        if secret:
            wanted[SECRET] = DECLARED
        asked = {"scopes": client.default_scopes, "optional scopes": client.optional_scopes}
        wanted |= {label: sorted(names) for label, names in asked.items() if names is not None}

        def body(there: Mapping[str, Any]) -> dict[str, Any]:
            made = sheet.onto(there)
            made["attributes"][MARK] = work.mark
            if secret:
                made[SECRET] = secret
            return made

        def look() -> Found | None:
            there = find_client(work, client.client_id)
            if there is None:
                return None
            have = {**sheet.have(there), MAPPER: mappers_as_they_are(there.get("protocolMappers"), client.mappers)}
            have |= {label: sorted(there.get(key) or ()) for label, key in _KEYS.items()}
            same = hmac.compare_digest(str(there.get("secret") or "").encode(), secret.encode())
            have[SECRET] = DECLARED if same else ANOTHER
            return Found(str(there["id"]), have, ours=work.marked(there.get("attributes")))

        def make() -> None:
            made = {
                **body({"clientId": client.client_id}),
                "protocolMappers": mapper_bodies(client.mappers, client.protocol),
            }
            made |= {_KEYS[label]: list(names) for label, names in asked.items() if names is not None}
            settle_redirects(work, work.calls.post("clients", made), made)

        def change(seen: Found, names: Sequence[str]) -> None:
            there = find_client(work, client.client_id) or {}
            # Mappers and scopes have calls of their own; here they would be taken for new ones.
            kept = {key: value for key, value in there.items() if key not in ("protocolMappers", *_KEYS.values())}
            work.calls.put(f"clients/{seen.id}", body(kept))
            if MAPPER in names:
                mappers = there.get("protocolMappers")
                settle_mappers(work, f"clients/{seen.id}", mappers, client.mappers, client.protocol)
            for label in SCOPES:
                if label in names:
                    self._settle_scopes(seen, label, asked[label] or ())

        return Thing(
            name=work.named("client", client.client_id),
            wanted=wanted,
            look=look,
            make=make,
            change=change,
            adopt=client.adopt,
            after=work.after,
        )

    def _settle_scopes(self, seen: Found, label: str, wanted: Sequence[str]) -> None:
        ids = {one["name"]: one["id"] for one in self._work.calls.all("client-scopes")}
        have, path = set(seen.have[label]), f"clients/{seen.id}/{SCOPES[label]}"
        for name in sorted(have.difference(wanted)):
            self._work.calls.delete(f"{path}/{ids[name]}")
        for name in wanted:
            if name not in ids:
                raise FailedError(
                    f"There is no client scope {name} in the realm {self._work.realm}",
                    why="a client is to have it",
                    cure="Declare it in client_scopes.",
                )
            if name not in have:
                self._work.calls.put(f"{path}/{ids[name]}")


def client_fields(client: Client) -> list[Field]:
    """All but its secret, scopes and mappers."""
    fields = [
        Field("name", ("name",), client.name),
        Field("description", ("description",), client.description),
        Field("enabled", ("enabled",), client.enabled),
        Field("protocol", ("protocol",), client.protocol),
        Field("may be sent to", ("redirectUris",), list(client.redirect_uris)),
        Field("consent", ("consentRequired",), client.consent),
        Field("all roles in its tokens", ("fullScopeAllowed",), value=False),
        Field("root URL", ("rootUrl",), client.root_url),
        Field("start page", ("baseUrl",), client.base_url),
    ]
    if client.protocol == "openid-connect":
        logout = client.backchannel_logout_url
        fields += [
            Field("public", ("publicClient",), client.public),
            Field("code flow", ("standardFlowEnabled",), client.standard_flow),
            Field("implicit flow", ("implicitFlowEnabled",), value=False),
            Field("password grant", ("directAccessGrantsEnabled",), client.password_grant),
            Field("service account", ("serviceAccountsEnabled",), client.service_account),
            Field("origins", ("webOrigins",), list(client.web_origins)),
            attribute("device grant", "oauth2.device.authorization.grant.enabled", str(client.device_flow).lower()),
            attribute("PKCE", "pkce.code.challenge.method", "S256" if client.pkce else ""),
            attribute(
                "may be sent to after logout",
                "post.logout.redirect.uris",
                _BETWEEN.join(sorted(client.post_logout_redirect_uris)),
                show=_sorted,
            ),
            attribute("is told of logouts at", "backchannel.logout.url", logout),
            attribute("logouts name the session", "backchannel.logout.session.required", str(bool(logout)).lower()),
        ]
    return [*fields, *attributes(client.attributes)]


def settle_redirects(work: RealmWork, id_: str, made: Mapping[str, Any]) -> None:
    """A client that is made without addresses gets /* of Keycloak; one that is changed keeps what it is given."""
    if not made.get("redirectUris"):
        kept = {key: value for key, value in made.items() if key not in ("protocolMappers", *_KEYS.values())}
        work.calls.put(f"clients/{id_}", kept)


def find_client(work: RealmWork, client_id: str) -> Mapping[str, Any] | None:
    return chosen(work.calls.all("clients"), "clientId", client_id)


def _sorted(value: Any) -> str:
    return _BETWEEN.join(sorted(str(value or "").split(_BETWEEN)))
