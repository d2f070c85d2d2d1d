"""New secrets for clients and new signing keys for realms, so that what had leaked is of no use any more.

Secrets: those that two sides know. The site's own (Keystone's, the manager's, the administrator's) are in secrets.yml:
they are replaced there, and the steps that carry them are applied. A broker's is Keycloak's own, made anew in the
customer's realm and copied to the proxy's identity provider over the API.

Keys, by Keycloak's Server Administration Guide, "Configuring realm keys", "Rotating keys": a new key with a higher
priority signs from now on, and the old one becomes passive, so that what it signed stays good. A passive one is removed
when a day has gone by: nothing that it signed lives longer (lifetimes are a day at most).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError, InputError
from groundplane.identity.configuration import MASTER
from groundplane.identity.keycloak.session import ADMIN_CLIENT, ADMIN_SECRET, part
from groundplane.identity.keycloak.sheet import chosen
from groundplane.identity.keycloak.work import SECRET_MARK, RealmWork
from groundplane.identity.keycloak_names import BROKER_CLIENT
from groundplane.site.secrets.generate import new_value
from groundplane.site.source import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from groundplane.identity.configuration import IdentityConfiguration
    from groundplane.identity.keycloak.session import RealmCalls, Session
    from groundplane.site.secrets.declared import DeclaredSecret
    from groundplane.site.site import Site

PROXY_SECRETS = {"identity_keystone_client_secret": "Keystone", "identity_manager_client_secret": "the manager"}
"""Secret to whose it is, people's word."""
KEY_PROVIDER = "org.keycloak.keys.KeyProvider"
SIGNING = ("rsa-generated", "rsa-pss-generated", "hmac-generated", "ecdsa-generated", "eddsa-generated")
"""Providers of keys that sign: tokens, and by HMAC cookies and refresh tokens."""
PASSIVE_FOR = timedelta(days=1)
_OWN_SETTINGS = frozenset({"privateKey", "certificate", "secret", "kid", "priority", "active", "enabled"})
_CALLS_OF_THEIR_OWN = frozenset({"protocolMappers", "defaultClientScopes", "optionalClientScopes"})
"""Sent along with a client they would be taken for new ones."""
_STAMP = "%Y%m%dT%H%M%SZ"
_RETIRED = re.compile(r"^(?P<base>.*?)-retired-(?P<stamp>\d{8}T\d{6}Z)$")
_MADE = re.compile(r"-\d{8}T\d{6}Z$")


@dataclass(frozen=True, slots=True)
class SecretRotation:
    """What gets a new secret.

    Attributes:
        names: secrets of secrets.yml.
        brokers: customers whose broker's client does.
    """

    names: tuple[str, ...] = ()
    brokers: tuple[str, ...] = ()

    @property
    def admin(self) -> bool:
        return ADMIN_SECRET in self.names

    @property
    def steps(self) -> tuple[str, ...]:
        """What brings secrets.yml's to those who use them."""
        hosts = ("identity.keycloak",) if self.admin else ()
        keystone = ("openstack.keystone",) if self.keystone else ()
        return (*hosts, "identity.realms", *keystone) if self.names else ()

    @property
    def keystone(self) -> bool:
        """Whether a service of OpenStack has to be told."""
        return next(iter(PROXY_SECRETS)) in self.names


def choose_secrets(configuration: IdentityConfiguration, realm: str | None) -> SecretRotation:
    """Whose secrets: all of ours, or those of one realm (the proxy, master, a customer's).

    Raises:
        InputError: there is no such realm.
    """
    brokers = tuple(one.name for one in configuration.customers)
    if realm is None:
        return SecretRotation((*PROXY_SECRETS, ADMIN_SECRET), brokers)
    if realm == configuration.proxy_realm:
        return SecretRotation(tuple(PROXY_SECRETS))
    if realm == MASTER:
        return SecretRotation((ADMIN_SECRET,))
    if realm not in brokers:
        if configuration.realm(realm) is not None:
            raise InputError(f"The realm {realm} has no client of ours", why="it isn't brokered (broker: false)")
        raise _unknown(realm, [configuration.proxy_realm, MASTER, *brokers])
    return SecretRotation((), (realm,))


def choose_realms(configuration: IdentityConfiguration, realm: str | None) -> tuple[str, ...]:
    """Whose signing keys: one realm's, or those of all. Raises InputError where there is no such realm."""
    every = (configuration.proxy_realm, *(one.name for one in configuration.realms), MASTER)
    if realm is not None and realm not in every:
        raise _unknown(realm, every)
    return (realm,) if realm is not None else every


def _unknown(realm: str, known: Sequence[str]) -> InputError:
    return InputError(f"There is no realm '{realm}' here", cure=suggest(realm, known, f"There are: {', '.join(known)}"))


def rotate_secrets(
    session: Session,
    chosen: SecretRotation,
    declared: Mapping[str, DeclaredSecret],
    *,
    save: Callable[[Mapping[str, str]], None],
) -> tuple[str, ...]:
    """Makes new values and saves them; the administrator's is Keycloak's at the same moment. The names.

    The others' come to Keycloak and Keystone by the steps that carry them.

    Raises:
        FailedError: Keycloak refuses, or has no such client; where it is the administrator's, the old one counts.
    """
    values = {name: str(new_value(declared[name])) for name in chosen.names}
    if not values:
        return ()
    master = session.realm(MASTER)
    client = _client(master, ADMIN_CLIENT) if chosen.admin else None
    save(values)
    if client is not None:
        # Where this is cut off, the step identity.keycloak finds that the login is refused, and makes another one.
        kept = {key: value for key, value in client.items() if key not in _CALLS_OF_THEIR_OWN}
        master.put(f"clients/{client['id']}", {**kept, "secret": values[ADMIN_SECRET]})
    return tuple(values)


def rotate_broker(site: Site, session: Session, configuration: IdentityConfiguration, realm: str) -> None:
    """A new secret between the proxy realm and a customer's; nobody there can log in for the moment between two calls.

    Raises:
        FailedError: the realm isn't brokered yet, or Keycloak refuses.
    """
    calls, proxy = session.realm(realm), session.realm(configuration.proxy_realm)
    client = _client(calls, BROKER_CLIENT)
    place = f"identity-provider/instances/{part(realm)}"
    provider = proxy.get(place)
    if provider is None:
        raise FailedError(
            f"The realm {realm} isn't brokered into {configuration.proxy_realm}",
            cure="groundplane apply identity.realms",
        )
    made = str(calls.ask(f"clients/{client['id']}/client-secret", None)["value"])
    config = {**provider["config"], "clientSecret": made, SECRET_MARK: RealmWork(site, proxy).digest(made)}
    proxy.put(place, {**provider, "config": config})


def _client(calls: RealmCalls, client_id: str) -> Mapping[str, Any]:
    found = chosen(calls.all("clients"), "clientId", client_id)
    if found is None:
        raise FailedError(
            f"The realm {calls.realm} has no client {client_id}", cure="groundplane apply identity.realms makes it."
        )
    return found


@dataclass(slots=True)
class KeysRotated:
    """Names of keys' providers, in one realm."""

    made: list[str] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    def sentence(self) -> str:
        parts = [("made", self.made), ("passive from now on", self.retired), ("removed", self.removed)]
        return "; ".join(f"{what}: {', '.join(names)}" for what, names in parts if names)


def rotate_keys(
    session: Session, realm: str, moment: datetime, *, leaked: bool = False, check: bool = False
) -> KeysRotated:
    """New signing keys for a realm; see above. With `leaked` old keys go at once, and everybody has to log in again.

    Raises:
        InputError: Keycloak has no such realm.
        FailedError: Keycloak refuses, or somebody brought the keys along (a provider that doesn't make its own).
    """
    calls = session.realm(realm)
    known = calls.get()
    if known is None:
        raise InputError(f"Keycloak has no realm '{realm}' yet", cure="groundplane apply identity.realms")
    components = calls.all("components", parent=known["id"], type=KEY_PROVIDER)
    signing = [one for one in components if one["providerId"] in SIGNING]
    if not signing:
        raise FailedError(
            f"Nothing makes signing keys for the realm {realm}",
            why="its keys were brought from elsewhere (a key store, or a key of somebody's own)",
            cure="Rotate them where they come from.",
        )
    priority = 1 + max(int(_setting(one, "priority", "0") or 0) for one in components)
    stamp, done = f"{moment.astimezone(UTC):{_STAMP}}", KeysRotated()
    active = [one for one in signing if _setting(one, "active", "true") == "true" and _retired_at(one) is None]
    for one in active:
        name = f"{_MADE.sub('', one['name'])}-{stamp}"
        if not check:
            calls.post("components", _successor(one, name, known["id"], priority))
        done.made.append(name)
    for one in signing:
        since = _retired_at(one)
        if leaked or (since is not None and moment - since > PASSIVE_FOR):
            if not check:
                calls.delete(f"components/{one['id']}")
            done.removed.append(one["name"])
        elif one in active:
            if not check:
                config = {**one["config"], "active": ["false"]}
                body = {**one, "name": f"{one['name']}-retired-{stamp}", "config": config}
                calls.put(f"components/{one['id']}", body)
            done.retired.append(one["name"])
    if leaked and not check:
        calls.post("logout-all", None)
    return done


def _successor(one: Mapping[str, Any], name: str, parent: str, priority: int) -> dict[str, Any]:
    """A provider of the same kind that makes a key of its own."""
    settings = {key: value for key, value in one["config"].items() if key not in _OWN_SETTINGS}
    return {
        "name": name,
        "parentId": parent,
        "providerId": one["providerId"],
        "providerType": KEY_PROVIDER,
        "config": {**settings, "priority": [str(priority)], "active": ["true"], "enabled": ["true"]},
    }


def _setting(one: Mapping[str, Any], name: str, default: str) -> str:
    values = one.get("config", {}).get(name) or [default]
    return str(values[0])


def _retired_at(one: Mapping[str, Any]) -> datetime | None:
    found = _RETIRED.match(one["name"])
    return datetime.strptime(found["stamp"], _STAMP).replace(tzinfo=UTC) if found is not None else None
