"""Directories in which a realm's people are looked up: LDAP and Active Directory (ComponentRepresentation).

Keycloak makes mappers for names and mail addresses with each directory; what a site declares comes on top, groups among
it. The password to ask with is never told again. Keycloak keeps no settings of a directory that it doesn't know: which
ones are ours, and a keyed digest of the password that was set, attributes of the realm say.
Source: Keycloak's Server Administration Guide, "Lightweight Directory Access Protocol (LDAP) and Active Directory".
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from groundplane.identity.keycloak.sheet import chosen
from groundplane.identity.keycloak.work import ANOTHER, DECLARED, RealmWork
from groundplane.platform.reconcile import Found, Leftover, Thing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from groundplane.identity.provider_options import Ldap, LdapGroups

PROVIDER = "org.keycloak.storage.UserStorageProvider"
MAPPER_TYPE = "org.keycloak.storage.ldap.mappers.LDAPStorageMapper"
SETTING, MAPPER, SECRET = "setting", "mapper", "bind password"
GROUPS = "groundplane groups"
OURS = "groundplane_directory."
"""What the realm's attributes begin with that have a directory's name; the value is the site's, and the digest."""
_OTHER = {
    "username": "uid",
    "rdn": "uid",
    "uuid": "entryUUID",
    "classes": ("inetOrgPerson", "organizationalPerson"),
}
_ACTIVE_DIRECTORY = {
    "username": "sAMAccountName",
    "rdn": "cn",
    "uuid": "objectGUID",
    "classes": ("person", "organizationalPerson", "user"),
}


class UserFederation:
    """See `reconcile.Kind`."""

    def __init__(self, work: RealmWork, directories: Sequence[Ldap]) -> None:
        self._work = work
        self._directories = directories

    def things(self) -> Iterator[Thing]:
        for directory in self._directories:
            yield self._directory(directory)

    def leftovers(self) -> Iterator[Leftover]:
        declared = {directory.name for directory in self._directories}
        for one in self._work.calls.all("components", type=PROVIDER):
            if self._mark(one["name"])[0] == self._work.mark and one["name"] not in declared:
                yield self._work.leftover("directory", one["name"], partial(self._remove, one))

    def _remove(self, one: Mapping[str, Any]) -> None:
        self._work.calls.delete(f"components/{one['id']}")
        self._set_mark(one["name"], "")

    def _mark(self, name: str) -> tuple[str, str]:
        """The site's name and the password's digest; empty where it is somebody else's."""
        site, _, digest = str(
            (self._work.calls.get("", {}).get("attributes") or {}).get(f"{OURS}{name}", "")
        ).partition(" ")
        return site, digest

    def _set_mark(self, name: str, value: str) -> None:
        there = self._work.calls.get("", {})
        kept = {key: each for key, each in (there.get("attributes") or {}).items() if key != f"{OURS}{name}"}
        self._work.calls.put("", {**there, "attributes": {**kept, **({f"{OURS}{name}": value} if value else {})}})

    def _found(self, name: str) -> Mapping[str, Any] | None:
        return chosen(self._work.calls.all("components", type=PROVIDER), "name", name)

    def _directory(self, directory: Ldap) -> Thing:
        work = self._work
        wanted_settings, wanted_mappers = ldap_settings(directory), ldap_mappers(directory)
        given = directory.bind_password
        password = work.secret(given, f"the directory {directory.name} of {work.realm}") if given else ""

        def look() -> Found | None:
            there = self._found(directory.name)
            if there is None:
                return None
            config = there.get("config") or {}
            have: dict[str, Any] = {
                SETTING: {key: _one(config.get(key)) for key in wanted_settings},
                MAPPER: _mappers_there(self._mappers(there["id"]), wanted_mappers),
                SECRET: DECLARED if password and self._mark(directory.name)[1] == work.digest(password) else ANOTHER,
            }
            return Found(str(there["id"]), have, ours=self._mark(directory.name)[0] == work.mark)

        def body(there: Mapping[str, Any]) -> dict[str, Any]:
            config = {**(there.get("config") or {}), **{key: [value] for key, value in wanted_settings.items()}}
            if password:
                config["bindCredential"] = [password]
            return {**there, "name": directory.name, "providerId": "ldap", "providerType": PROVIDER, "config": config}

        def mark() -> None:
            self._set_mark(directory.name, f"{work.mark} {work.digest(password)}" if password else work.mark)

        def make() -> None:
            # Before it is there, so that a run that is killed leaves none that nobody owns.
            mark()
            id_ = work.calls.post("components", body({"parentId": work.calls.get()["id"]}))
            self._settle(id_, wanted_mappers)

        def change(seen: Found, names: Sequence[str]) -> None:
            work.calls.put(f"components/{seen.id}", body(self._found(directory.name) or {}))
            mark()
            if MAPPER in names:
                self._settle(seen.id, wanted_mappers)

        wanted: dict[str, Any] = {
            SETTING: wanted_settings,
            MAPPER: {name: {"type": kind, **config} for name, (kind, config) in wanted_mappers.items()},
        }
        return Thing(
            name=work.named("directory", directory.name),
            wanted={**wanted, SECRET: DECLARED} if password else wanted,
            look=look,
            make=make,
            change=change,
            adopt=directory.adopt,
            after=work.after,
        )

    def _mappers(self, owner: str) -> list[dict[str, Any]]:
        return self._work.calls.all("components", type=MAPPER_TYPE, parent=owner)

    def _settle(self, owner: str, wanted: Mapping[str, tuple[str, Mapping[str, str]]]) -> None:
        there = self._mappers(owner)
        have = _mappers_there(there, wanted)
        for name, (kind, settings) in wanted.items():
            one = chosen(there, "name", name)
            config = {**((one or {}).get("config") or {}), **{key: [value] for key, value in settings.items()}}
            made = {"name": name, "providerId": kind, "providerType": MAPPER_TYPE, "parentId": owner, "config": config}
            if one is None:
                self._work.calls.post("components", made)
            elif have.get(name) != {"type": kind, **settings}:
                self._work.calls.put(f"components/{one['id']}", {**one, **made})


def ldap_settings(asked: Ldap) -> dict[str, str]:
    """Keycloak's settings of a directory, without the password."""
    usual = _ACTIVE_DIRECTORY if asked.vendor == "ad" else _OTHER
    return {
        "enabled": "true",
        "priority": "0",
        "vendor": asked.vendor,
        "connectionUrl": asked.url,
        "startTls": _text(asked.start_tls),
        "useTruststoreSpi": "always",
        "authType": "simple" if asked.bind_dn else "none",
        **({"bindDn": asked.bind_dn} if asked.bind_dn else {}),
        "usersDn": asked.users_dn,
        "usernameLDAPAttribute": asked.username_attribute or str(usual["username"]),
        "rdnLDAPAttribute": asked.rdn_attribute or str(usual["rdn"]),
        "uuidLDAPAttribute": asked.uuid_attribute or str(usual["uuid"]),
        "userObjectClasses": ", ".join(asked.object_classes or usual["classes"]),
        **({"customUserSearchFilter": asked.filter} if asked.filter else {}),
        "searchScope": "2" if asked.subtree else "1",
        "editMode": asked.edit,
        "importEnabled": _text(asked.import_users),
        "syncRegistrations": "false",
        "pagination": "true",
        "trustEmail": "true",
        "fullSyncPeriod": str(asked.sync_full or -1),
        "changedSyncPeriod": str(asked.sync_changed or -1),
        **asked.config,
    }


def ldap_mappers(asked: Ldap) -> dict[str, tuple[str, dict[str, str]]]:
    """Name to Keycloak's type and settings."""
    found = {GROUPS: ("group-ldap-mapper", _group_settings(asked, asked.groups))} if asked.groups is not None else {}
    return found | {mapper.name: (mapper.type, dict(mapper.config)) for mapper in asked.mappers}


def _group_settings(directory: Ldap, asked: LdapGroups) -> dict[str, str]:
    return {
        "groups.dn": asked.dn,
        "group.name.ldap.attribute": asked.name_attribute,
        "group.object.classes": ", ".join(asked.object_classes),
        "membership.ldap.attribute": asked.membership_attribute,
        "membership.attribute.type": asked.membership_type,
        "membership.user.ldap.attribute": ldap_settings(directory)["usernameLDAPAttribute"],
        **({"groups.ldap.filter": asked.filter} if asked.filter else {}),
        "mode": "READ_ONLY",
        "user.roles.retrieve.strategy": "LOAD_GROUPS_BY_MEMBER_ATTRIBUTE",
        "preserve.group.inheritance": "false",
        "drop.non.existing.groups.during.sync": "false",
        "groups.path": "/",
    }


def _mappers_there(there: Sequence[Mapping[str, Any]], wanted: Mapping[str, tuple[str, Mapping[str, str]]]) -> Any:
    found = {}
    for name, (_, settings) in wanted.items():
        one = chosen(there, "name", name)
        if one is not None:
            config = one.get("config") or {}
            found[name] = {"type": one.get("providerId"), **{key: _one(config.get(key)) for key in settings}}
    return found


def _one(value: Any) -> str:
    """Keycloak has each setting of a component as a list."""
    return str(value[0]) if value else ""


def _text(value: bool) -> str:
    return str(value).lower()
