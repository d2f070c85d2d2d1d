"""What a realm file says of Keycloak, as far as its parts have to fit each other: scopes, clients, providers, mails.

Sources: Keycloak's Server Administration Guide; OAuth 2.0 Security Best Current Practice (RFC 9700) for redirects.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from groundplane.errors import Problem
from groundplane.identity import keycloak_names as of_keycloak
from groundplane.site.source import suggest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from groundplane.identity.client_options import Client, ProtocolMapper
    from groundplane.identity.configuration import IdentityConfiguration
    from groundplane.identity.options import Realm
    from groundplane.site.source import Source

MARK = "groundplane"
"""Attributes that begin like this are the engine's marks."""


class RealmRules:
    """Of one realm; each yields what it finds."""

    def __init__(self, realm: Realm, source: Source, asked: IdentityConfiguration) -> None:
        self.realm = realm
        self.asked = asked
        self.at = source.place
        self.scopes = of_keycloak.SCOPES | {scope.name for scope in realm.client_scopes}
        self.roles = {role.name for role in realm.roles} | of_keycloak.ROLES | {f"default-roles-{realm.name}"}

    def all(self) -> Iterator[Problem]:
        yield from self.twice()
        yield from self.client_scopes()
        yield from self.mappers()
        yield from self.clients()
        yield from self.identity_providers()
        yield from self.ldap()
        yield from self.page()
        yield from self.required_actions()
        yield from self.attributes()

    def twice(self) -> Iterator[Problem]:
        realm = self.realm
        kinds = {
            "projects": ("project", [one.name.casefold() for one in realm.projects]),
            "roles": ("role", [one.name for one in realm.roles]),
            "groups": ("group", [one.name.casefold() for one in realm.groups]),
            "users": ("user", [one.username for one in realm.users]),
            "client_scopes": ("client scope", [one.name for one in realm.client_scopes]),
            "mappers": ("mapper", [f"{one.scope}/{one.name}" for one in realm.mappers]),
            "clients": ("client", [one.client_id for one in realm.clients]),
            "identity_providers": ("identity provider", [one.alias for one in realm.identity_providers]),
            "ldap": ("directory", [one.name for one in realm.ldap]),
            "required_actions": ("required action", [one.alias for one in realm.required_actions]),
        }
        for key, (what, names) in kinds.items():
            for name, count in Counter(names).items():
                if count > 1:
                    last = len(names) - 1 - names[::-1].index(name)
                    yield Problem(f"the {what} '{name}' is declared twice", "Remove one.", self.at(key, last))

    def client_scopes(self) -> Iterator[Problem]:
        for index, scope in enumerate(self.realm.client_scopes):
            if scope.name in of_keycloak.SCOPES:
                yield Problem(
                    f"the client scope '{scope.name}' is one of Keycloak's own",
                    f"Add to it by mappers: [{{scope: {scope.name}, …}}], or give yours another name.",
                    self.at("client_scopes", index, "name"),
                )
            yield from self._types(scope.mappers, "client_scopes", index, "mappers")

    def mappers(self) -> Iterator[Problem]:
        for index, mapper in enumerate(self.realm.mappers):
            if mapper.scope not in self.scopes:
                yield Problem(
                    f"the mapper '{mapper.name}' is to be in the client scope '{mapper.scope}', which there isn't",
                    suggest(mapper.scope, self.scopes, "Declare it in client_scopes."),
                    self.at("mappers", index, "scope"),
                )
        yield from self._types(self.realm.mappers, "mappers")

    def _types(self, mappers: Iterable[ProtocolMapper], *path: str | int) -> Iterator[Problem]:
        yield from self._known(
            "Keycloak has no protocol mapper",
            [mapper.type for mapper in mappers],
            of_keycloak.PROTOCOL_MAPPERS,
            *path,
        )

    def _known(self, what: str, names: Iterable[str], known: Collection[str], *path: str | int) -> Iterator[Problem]:
        for index, name in enumerate(names):
            if name not in known:
                yield Problem(f"{what} '{name}'", suggest(name, known), self.at(*path, index, "type"))

    def clients(self) -> Iterator[Problem]:
        taken = of_keycloak.CLIENTS | {of_keycloak.BROKER_CLIENT}
        for index, client in enumerate(self.realm.clients):
            if client.client_id in taken:
                whose = (
                    "Groundplane's own" if client.client_id == of_keycloak.BROKER_CLIENT else "one of Keycloak's own"
                )
                yield Problem(
                    f"the client id '{client.client_id}' is taken: it is {whose} in every realm",
                    "Take another id.",
                    self.at("clients", index, "client_id"),
                )
            yield from self._client(client, index)
            yield from self._types(client.mappers, "clients", index, "mappers")

    def _client(self, client: Client, index: int) -> Iterator[Problem]:
        for key in ("default_scopes", "optional_scopes"):
            for number, name in enumerate(getattr(client, key) or ()):
                if name not in self.scopes:
                    yield Problem(
                        f"the client '{client.client_id}' has the client scope '{name}', which there isn't",
                        suggest(name, self.scopes, "Declare it in client_scopes."),
                        self.at("clients", index, key, number),
                    )
        if client.public and (client.secret or client.service_account):
            key = "secret" if client.secret else "service_account"
            yield Problem(
                f"the client '{client.client_id}' is public and has {'a secret' if client.secret else 'an account'}",
                "Who can't keep a secret can't prove to be this client: remove it, or say public: false.",
                self.at("clients", index, key),
            )
        if client.protocol == "openid-connect" and client.standard_flow and not client.redirect_uris:
            yield Problem(
                f"the client '{client.client_id}' doesn't say where a browser may go after the login",
                "Add redirect_uris, or say standard_flow: false where nobody logs in by a browser.",
                self.at("clients", index),
            )
        for number, uri in enumerate(client.redirect_uris):
            if uri.split("://", 1)[-1].split("/", 1)[0].startswith("*") or uri == "*":
                yield Problem(
                    f"the client '{client.client_id}' may send people anywhere: '{uri}'",
                    "Whoever makes somebody follow a link would get their login (RFC 9700): name the host.",
                    self.at("clients", index, "redirect_uris", number),
                )

    def identity_providers(self) -> Iterator[Problem]:
        ours = {self.asked.issuer(realm.name): realm.name for realm in self.asked.realms}
        ours[self.asked.issuer(self.asked.proxy_realm)] = self.asked.proxy_realm
        first: dict[str, str] = {}
        for index, provider in enumerate(self.realm.identity_providers):
            place = self.at("identity_providers", index, "issuer")
            issuer = provider.issuer.rstrip("/")
            if ours.get(issuer) in (self.realm.name, self.asked.proxy_realm):
                yield Problem(
                    f"the identity provider '{provider.alias}' has the issuer '{issuer}', which is the realm "
                    f"'{ours[issuer]}' itself: logins would go round in circles",
                    "Name the customer's own login service.",
                    place,
                )
            if issuer and first.setdefault(issuer, provider.alias) != provider.alias:
                yield Problem(
                    f"the identity providers '{first[issuer]}' and '{provider.alias}' have the same issuer '{issuer}'",
                    "Remove one: nobody could tell whose login it is.",
                    place,
                )
            if issuer and not issuer.startswith("https://"):
                yield Problem(
                    f"the issuer of the identity provider '{provider.alias}' is no https:// address: '{issuer}'",
                    "What it says of people has to come over TLS.",
                    place,
                )
            if provider.type == "oidc" and not provider.client_secret:
                yield Problem(
                    f"the identity provider '{provider.alias}' has no client_secret",
                    'Put it into secrets.yml (groundplane secrets edit) and write client_secret: "{{ ITS_NAME }}".',
                    self.at("identity_providers", index),
                )
            yield from self._in_clear(provider.config, "clientSecret", "client_secret", "identity_providers", index)
            yield from self._known(
                "Keycloak has no identity provider mapper",
                [mapper.type for mapper in provider.mappers],
                of_keycloak.PROVIDER_MAPPERS,
                "identity_providers",
                index,
                "mappers",
            )

    def ldap(self) -> Iterator[Problem]:
        for index, directory in enumerate(self.realm.ldap):
            if directory.url.startswith("ldap://") and not directory.start_tls:
                yield Problem(
                    f"passwords would cross the network in clear on their way to the directory '{directory.name}'",
                    "Write ldaps://, or start_tls: true.",
                    self.at("ldap", index, "url"),
                )
            if directory.bind_dn and not directory.bind_password:
                yield Problem(
                    f"the directory '{directory.name}' is asked as {directory.bind_dn}, without a password",
                    'Put it into secrets.yml (groundplane secrets edit) and write bind_password: "{{ ITS_NAME }}".',
                    self.at("ldap", index, "bind_dn"),
                )
            yield from self._in_clear(directory.config, "bindCredential", "bind_password", "ldap", index)
            yield from self._known(
                "Keycloak has no LDAP mapper",
                [mapper.type for mapper in directory.mappers],
                of_keycloak.LDAP_MAPPERS,
                "ldap",
                index,
                "mappers",
            )

    def _in_clear(self, config: Mapping[str, str], name: str, ours: str, *path: str | int) -> Iterator[Problem]:
        if name in config:
            cure = (
                f'Write {ours}: "{{{{ NAME }}}}", with NAME in secrets.yml (groundplane secrets edit); and change it.'
            )
            yield Problem(f"'{name}' is a secret, and stands among settings", cure, self.at(*path, "config", name))

    def page(self) -> Iterator[Problem]:
        realm = self.realm
        for key in ("reset_password", "verify_email"):
            if getattr(realm.login, key) and realm.smtp is None:
                what = f"login.{key} needs somebody who sends mails"
                yield Problem(what, "Add smtp: {host: …, from: …}.", self.at("login", key))
        if realm.smtp is not None and realm.smtp.user and not realm.smtp.password:
            yield Problem(
                f"smtp logs in as {realm.smtp.user}, without a password",
                'Put it into secrets.yml (groundplane secrets edit) and write password: "{{ ITS_NAME }}".',
                self.at("smtp", "user"),
            )
        if realm.smtp is not None and realm.smtp.tls and "start_tls" in realm.smtp.model_fields_set:
            what = "smtp has tls and start_tls, and a connection is encrypted by one of them"
            yield Problem(what, "Keep tls with port 465, or start_tls with port 587.", self.at("smtp", "start_tls"))
        if realm.locales is not None and realm.locales.default not in realm.locales.supported:
            yield Problem(
                f"the language '{realm.locales.default}' is shown first, and isn't among those that are supported",
                suggest(realm.locales.default, realm.locales.supported),
                self.at("locales", "default"),
            )

    def required_actions(self) -> Iterator[Problem]:
        for index, action in enumerate(self.realm.required_actions):
            if action.alias not in of_keycloak.REQUIRED_ACTIONS:
                yield Problem(
                    f"Keycloak has no required action '{action.alias}'",
                    suggest(action.alias, of_keycloak.REQUIRED_ACTIONS),
                    self.at("required_actions", index, "alias"),
                )

    def attributes(self) -> Iterator[Problem]:
        """The mark says what was made here: nobody else may write it."""
        realm = self.realm
        places: list[tuple[Iterable[str], tuple[str | int, ...]]] = [(realm.attributes, ("attributes",))]
        for key in ("groups", "users", "clients", "client_scopes"):
            places += [(one.attributes, (key, index, "attributes")) for index, one in enumerate(getattr(realm, key))]
        for names, path in places:
            for name in names:
                if name == MARK or name.startswith((f"{MARK}_", f"{MARK}.")):
                    what = f"the attribute '{name}' is Groundplane's own mark of what it made"
                    yield Problem(what, "Take another name.", self.at(*path, name))
