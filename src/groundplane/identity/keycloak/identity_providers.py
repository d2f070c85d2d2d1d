"""Login services that a realm sends people to (IdentityProviderRepresentation), and what is taken over from them.

Keycloak never tells a client's secret again; a keyed digest of the one that was set lies beside it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError
from groundplane.identity.keycloak.session import part
from groundplane.identity.keycloak.sheet import Field, Sheet, chosen, settings
from groundplane.identity.keycloak.work import ANOTHER, DECLARED, MARK, SECRET_MARK, RealmWork
from groundplane.platform.reconcile import Found, Leftover, Thing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from groundplane.identity.options import Group
    from groundplane.identity.provider_options import IdentityProvider

MAPPER, SECRET, ENABLED = "mapper", "secret", "enabled"
INSTANCES = "identity-provider/instances"
FIRST_LOGIN = "first broker login"
"""Keycloak's own: it asks for what is missing, and lets nobody take over somebody else's account."""
_PEM = re.compile(r"-----[^-]+-----|\s")
_DISCOVERED = ("authorizationUrl", "tokenUrl", "logoutUrl", "userInfoUrl", "jwksUrl")


@dataclass(frozen=True, slots=True)
class ProviderMapper:
    """IdentityProviderMapperRepresentation."""

    name: str
    type: str
    config: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Provider:
    """A login service, in Keycloak's own terms.

    Attributes:
        fields: all that is wanted of it.
        secret: gives the client's secret; None where it has none.
        more: settings that are asked for when it is made or changed, such as what its discovery document says.
        closing: what has to be done once nobody can log in by it any more.
        after: the thing without which it can't be.
    """

    alias: str
    provider_id: str
    fields: tuple[Field, ...]
    mappers: tuple[ProviderMapper, ...] = ()
    secret: Callable[[], str | None] | None = None
    more: Callable[[], Mapping[str, str]] = field(default=dict)
    closing: Callable[[], None] | None = None
    adopt: bool = False
    after: str = ""


class IdentityProviders:
    """See `reconcile.Kind`."""

    def __init__(self, work: RealmWork, providers: Sequence[Provider]) -> None:
        self._work = work
        self._providers = providers

    def things(self) -> Iterator[Thing]:
        for provider in self._providers:
            yield self._provider(provider)

    def leftovers(self) -> Iterator[Leftover]:
        declared = {provider.alias for provider in self._providers}
        for one in self._work.calls.all(INSTANCES):
            if self._work.marked(one.get("config")) and one["alias"] not in declared:
                path = _path(one["alias"])
                yield self._work.leftover("identity provider", one["alias"], partial(self._work.calls.delete, path))

    def _found(self, alias: str) -> Mapping[str, Any] | None:
        return chosen(self._work.calls.all(INSTANCES), "alias", alias)

    def _mappers(self, alias: str) -> list[dict[str, Any]]:
        return self._work.calls.all(f"{_path(alias)}/mappers")

    def _provider(self, provider: Provider) -> Thing:
        sheet = Sheet(provider.fields)
        wanted: dict[str, Any] = {**sheet.wanted, MAPPER: _declared(provider.mappers)}
        if provider.secret is not None:
            wanted[SECRET] = DECLARED

        def look() -> Found | None:
            there = self._found(provider.alias)
            if there is None:
                return None
            config = there.get("config") or {}
            have = {**sheet.have(there), MAPPER: _there(self._mappers(provider.alias), provider.mappers)}
            if provider.secret is not None:
                secret = provider.secret()
                same = secret is not None and config.get(SECRET_MARK) == self._work.digest(secret)
                have[SECRET] = DECLARED if same else ANOTHER
            return Found(str(there.get("internalId")), have, ours=self._work.marked(config))

        def body(there: Mapping[str, Any]) -> dict[str, Any]:
            config = {**(there.get("config") or {}), **provider.more(), MARK: self._work.mark}
            if provider.secret is not None:
                secret = provider.secret()
                if secret is None:
                    raise FailedError(
                        f"The identity provider {provider.alias} has no secret", why="its client is missing"
                    )
                config |= {"clientSecret": secret, SECRET_MARK: self._work.digest(secret)}
            return sheet.onto({**there, "config": config})

        def make() -> None:
            self._work.calls.post(INSTANCES, body({"alias": provider.alias, "providerId": provider.provider_id}))
            self._settle(provider)

        def change(_: Found, names: Sequence[str]) -> None:
            self._work.calls.put(_path(provider.alias), body(self._found(provider.alias) or {}))
            if MAPPER in names:
                self._settle(provider)
            if ENABLED in names and not wanted[ENABLED] and provider.closing is not None:
                provider.closing()

        return Thing(
            name=self._work.named("identity provider", provider.alias),
            wanted=wanted,
            look=look,
            make=make,
            change=change,
            adopt=provider.adopt,
            after=provider.after or self._work.after,
        )

    def _settle(self, provider: Provider) -> None:
        path = f"{_path(provider.alias)}/mappers"
        there = self._mappers(provider.alias)
        declared, have = _declared(provider.mappers), _there(there, provider.mappers)
        for mapper in provider.mappers:
            one = chosen(there, "name", mapper.name)
            made = {
                "name": mapper.name,
                "identityProviderAlias": provider.alias,
                "identityProviderMapper": mapper.type,
                "config": {**((one or {}).get("config") or {}), **mapper.config},
            }
            if one is None:
                self._work.calls.post(path, made)
            elif have.get(mapper.name) != declared[mapper.name]:
                self._work.calls.put(f"{path}/{one['id']}", {**one, **made})


def upstream(work: RealmWork, asked: IdentityProvider, groups: Sequence[Group]) -> Provider:
    """A customer's own login service."""
    fields = [
        Field("display name", ("displayName",), asked.display_name or asked.alias),
        Field(ENABLED, ("enabled",), asked.enabled),
        Field("mail addresses trusted", ("trustEmail",), asked.trust_email),
        *_hidden(asked.hide_on_login),
        *settings({"syncMode": asked.sync.upper()}),
        *settings(_oidc(asked) if asked.type == "oidc" else _saml(asked)),
        *settings(asked.config),
    ]
    secret = asked.client_secret
    what = f"the identity provider {asked.alias} of {work.realm}"
    return Provider(
        alias=asked.alias,
        provider_id=asked.type,
        fields=tuple(fields),
        mappers=(
            *(_joining(asked, group) for group in (groups if asked.groups_claim else ())),
            *(
                ProviderMapper(one.name, one.type, {"syncMode": one.sync.upper(), **one.config})
                for one in asked.mappers
            ),
        ),
        secret=(lambda: work.secret(secret, what)) if secret else None,
        more=lambda: _discovered(work, asked),
        adopt=asked.adopt,
    )


def _hidden(hide: bool) -> list[Field]:
    return [Field("hidden on the login page", ("hideOnLogin",), hide)]


def _oidc(asked: IdentityProvider) -> dict[str, str]:
    return {
        "issuer": asked.issuer,
        "clientId": asked.client_id,
        "clientAuthMethod": "client_secret_post",
        "defaultScope": " ".join(asked.scopes),
        "validateSignature": "true",
        "useJwksUrl": "true",
        "pkceEnabled": str(asked.pkce).lower(),
        **({"pkceMethod": "S256"} if asked.pkce else {}),
    }


def _saml(asked: IdentityProvider) -> dict[str, str]:
    signed = str(bool(asked.certificates)).lower()
    return {
        "idpEntityId": asked.entity_id,
        "singleSignOnServiceUrl": asked.sign_on_url,
        "singleLogoutServiceUrl": asked.logout_url,
        "signingCertificate": ",".join(_PEM.sub("", one) for one in asked.certificates),
        "validateSignature": signed,
        "wantAssertionsSigned": signed,
        "postBindingAuthnRequest": "true",
        "postBindingResponse": "true",
        "nameIDPolicyFormat": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
    }


def _discovered(work: RealmWork, asked: IdentityProvider) -> Mapping[str, str]:
    """What the issuer's discovery document says, read by Keycloak itself."""
    if asked.type != "oidc":
        return {}
    url = f"{asked.issuer.rstrip('/')}/.well-known/openid-configuration"
    found = work.calls.ask("identity-provider/import-config", {"providerId": "oidc", "fromUrl": url}) or {}
    return {key: found[key] for key in _DISCOVERED if found.get(key) and key not in asked.config}


def _joining(asked: IdentityProvider, group: Group) -> ProviderMapper:
    """Who has the group there is a member of the declared one here, at each login."""
    claim = json.dumps([{"key": asked.groups_claim, "value": group.name}], separators=(",", ":"))
    kind, key = ("oidc", "claims") if asked.type == "oidc" else ("saml", "attributes")
    config = {"syncMode": "FORCE", key: claim, f"are.{key.removesuffix('s')}.values.regex": "false"}
    return ProviderMapper(
        f"group {group.name}", f"{kind}-advanced-group-idp-mapper", {**config, "group": f"/{group.name}"}
    )


def _declared(mappers: Sequence[ProviderMapper]) -> dict[str, Any]:
    return {mapper.name: {"type": mapper.type, **mapper.config} for mapper in mappers}


def _there(there: Sequence[Mapping[str, Any]], mappers: Sequence[ProviderMapper]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for mapper in mappers:
        one = chosen(there, "name", mapper.name)
        if one is not None:
            config = one.get("config") or {}
            kept = {key: config.get(key, "") for key in mapper.config}
            found[mapper.name] = {"type": one.get("identityProviderMapper"), **kept}
    return found


def _path(alias: str) -> str:
    return f"{INSTANCES}/{part(alias)}"
