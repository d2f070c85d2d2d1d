"""A Keycloak that is a few dictionaries: it does with representations what the Admin REST API does with them.

Like the real one it masks secrets, keeps scopes and mappers out of a client's PUT, names nothing twice, and answers
404 below a realm that isn't there.
"""

# ruff: noqa: PLR0911, PLR0912, PLR0917 - routes are told one after another
from __future__ import annotations

import json
import re
from copy import deepcopy
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from groundplane.identity.keycloak.session import ADMIN_CLIENT, RefusedError, Session

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MASK = "**********"
BUILT_IN_SCOPES = ("basic", "email", "profile", "offline_access", "roles")
BUILT_IN_CLIENTS = ("account", "broker", "admin-cli")
_KEY = {
    "clients": "clientId",
    "client-scopes": "name",
    "groups": "name",
    "users": "username",
    "roles": "name",
    "identity-provider/instances": "alias",
    "components": "name",
    "authentication/flows": "alias",
}
_OWN_CALLS = ("protocolMappers", "defaultClientScopes", "optionalClientScopes")
"""What a PUT of a client or a scope doesn't touch."""
_COLLECTION = re.compile("|".join(sorted(_KEY, key=len, reverse=True)))


def refused(status: int, why: str) -> RefusedError:
    return RefusedError("Keycloak refuses what it is asked for", why=why, status=status)


class FakeRealm:
    """One realm's contents."""

    def __init__(self, representation: Mapping[str, Any], ids: Iterator[int]) -> None:
        self.ids = ids
        self.it: dict[str, Any] = {"attributes": {}, "enabled": False, "browserFlow": "browser", **representation}
        self.it["id"] = self.new_id()
        self.profile: dict[str, Any] = {
            "attributes": [
                {"name": name, "required": {"roles": ["user"]}}
                for name in ("username", "email", "firstName", "lastName")
            ]
        }
        self.things: dict[str, list[dict[str, Any]]] = {name: [] for name in _KEY}
        for name in BUILT_IN_SCOPES:
            self.add("client-scopes", {"name": name, "protocol": "openid-connect", "protocolMappers": []})
        for name in BUILT_IN_CLIENTS:
            self.add("clients", {"clientId": name})
        for name in ("admin", f"default-roles-{representation.get('realm')}"):
            self.add("roles", {"name": name})
        self.composites = [
            {"name": "manage-account", "clientRole": True, "containerId": self.of("clients", "account")["id"]}
        ]
        self.lists: dict[str, list[str]] = {"default-default-client-scopes": [], "default-optional-client-scopes": []}
        self.actions = [
            {"alias": alias, "enabled": True, "defaultAction": False}
            for alias in ("UPDATE_PASSWORD", "webauthn-register-passwordless")
        ]
        self.logged_out: list[str] = []
        self.configs: dict[str, Any] = {}
        self.executions: dict[str, list[dict[str, Any]]] = {}
        self.mappers: dict[str, list[dict[str, Any]]] = {}
        self.roles_of: dict[str, list[dict[str, Any]]] = {}
        self.members: dict[str, set[str]] = {}
        self.passwords: dict[str, str] = {}

    def new_id(self) -> str:
        return f"id{next(self.ids)}"

    def of(self, kind: str, name: str) -> dict[str, Any]:
        """By name or id."""
        for one in self.things[kind]:
            if name in (one[_KEY[kind]], one["id"]):
                return one
        raise refused(404, f"no {name} in {kind}")

    def add(self, kind: str, body: Mapping[str, Any]) -> str:
        made = deepcopy(dict(body))
        if any(one[_KEY[kind]] == made[_KEY[kind]] for one in self.things[kind]):
            raise refused(409, f"{made[_KEY[kind]]} exists")
        made["id"] = self.new_id()
        if kind == "identity-provider/instances":
            made["internalId"] = made["id"]
        for mapper in made.get("protocolMappers") or ():
            mapper["id"] = self.new_id()
        if kind == "components":
            made["config"] = {key: value for key, value in made["config"].items() if not key.startswith("groundplane")}
        if kind == "clients":
            made["redirectUris"] = made.get("redirectUris") or ["/*"]
            made.setdefault("secret", f"made by Keycloak {made['id']}")
        for credential in made.pop("credentials", ()):
            self.passwords[made["id"]] = credential["value"]
        if kind == "users":
            self.members[made["id"]] = {path.removeprefix("/") for path in made.pop("groups", ())}
        self.things[kind].append(made)
        return str(made["id"])


class FakeKeycloak(Session):
    """See `Session`; `calls` has what was asked, `realms` what is there."""

    def __init__(self, client: str = ADMIN_CLIENT) -> None:
        self.ids = count(1)
        self.realms: dict[str, FakeRealm] = {"master": FakeRealm({"realm": "master", "enabled": True}, self.ids)}
        self.calls: list[str] = []
        self.client = client
        self._seen = {}

    def log_in(self, client: str) -> None:
        self.realms["master"].of("clients", client)
        self.client = client

    def forget_all(self) -> None:
        self._seen.clear()

    def call(
        self, method: str, path: str, *, body: Any = None, params: Mapping[str, str] | None = None
    ) -> tuple[Any, str]:
        self.calls.append(f"{method} {path}")
        if not path:
            if method == "GET":
                return [deepcopy(realm.it) for realm in self.realms.values()], ""
            self.realms[body["realm"]] = FakeRealm(body, self.ids)
            return None, ""
        name, _, rest = path[1:].partition("/")
        realm = self.realms.get(unquote(name))
        if realm is None:
            raise refused(404, "Realm not found.")
        if method == "DELETE" and not rest:
            return self.realms.pop(unquote(name)).it, ""
        data, made = self._in_realm(realm, method, unquote(rest), json.loads(json.dumps(body)), dict(params or {}))
        return deepcopy(data), made

    def _in_realm(self, realm: FakeRealm, method: str, path: str, body: Any, params: dict[str, str]) -> tuple[Any, str]:
        if not path:
            if method == "PUT":
                if (body.get("smtpServer") or {}).get("password") == MASK:
                    body["smtpServer"]["password"] = realm.it["smtpServer"]["password"]
                realm.it = body
            return _masked_realm(realm.it), ""
        if path == "users/profile":
            if method == "PUT":
                realm.profile = body
            return realm.profile, ""
        if path == "identity-provider/import-config":
            return {"tokenUrl": f"{body['fromUrl']}#token", "jwksUrl": f"{body['fromUrl']}#keys"}, ""
        if path.startswith("authentication/"):
            found = self._authentication(realm, method, path, body)
            if found is not None:
                return found, ""
        if path.partition("/")[0] in realm.lists:
            return self._lists(realm, method, path), ""
        if path.endswith("/composites"):
            if method == "DELETE":
                gone = {one["name"] for one in body}
                realm.composites = [one for one in realm.composites if one["name"] not in gone]
            return realm.composites, ""
        kind = _COLLECTION.match(path)
        if kind is None:
            raise refused(404, f"no {path}")
        return self._collection(realm, method, kind[0], path[kind.end() :].lstrip("/"), body, params)

    def _collection(
        self, realm: FakeRealm, method: str, kind: str, rest: str, body: Any, params: dict[str, str]
    ) -> tuple[Any, str]:
        if not rest:
            if method == "POST":
                return None, realm.add(kind, body)
            found = [_masked(one) for one in realm.things[kind]]
            if kind == "components":
                wanted = {"providerType": params.get("type"), "parentId": params.get("parent")}
                found = [one for one in found if all(one.get(key) == value for key, value in wanted.items() if value)]
            if kind == "users" and "q" in params:
                key, _, value = params["q"].partition(":")
                found = [one for one in found if (one.get("attributes") or {}).get(key) == [value]]
            if kind == "users" and "username" in params:
                found = [one for one in found if one["username"] == params["username"]]
            return found, ""
        name, _, below = rest.partition("/")
        one = realm.of(kind, name)
        if below:
            return self._below(realm, method, kind, one, below, body)
        if method == "DELETE":
            realm.things[kind].remove(one)
        if method == "PUT":
            one |= {key: value for key, value in body.items() if key not in _OWN_CALLS}
        return _masked(one), ""

    def _below(
        self, realm: FakeRealm, method: str, kind: str, one: dict[str, Any], below: str, body: Any
    ) -> tuple[Any, str]:
        if below.startswith("protocol-mappers/models"):
            return None, _edit(realm, one.setdefault("protocolMappers", []), method, below.rpartition("/")[2], body)
        if below.startswith("mappers"):
            mappers = realm.mappers.setdefault(one["alias"], [])
            if method != "GET":
                return None, _edit(realm, mappers, method, below.rpartition("/")[2], body)
            return mappers, ""
        if below == "role-mappings/realm":
            roles = realm.roles_of.setdefault(one["id"], [])
            names = {each["name"] for each in body or ()}
            if method == "POST":
                roles += body
            if method == "DELETE":
                roles[:] = [each for each in roles if each["name"] not in names]
            return roles, ""
        if below == "service-account-user":
            return {"id": self._service_account(realm, one)}, ""
        if below == "logout":
            realm.logged_out.append(one["username"])
            return None, ""
        if below == "reset-password":
            realm.passwords[one["id"]] = body["value"]
            return None, ""
        if kind == "users" and below.startswith("groups"):
            members, id_ = realm.members.setdefault(one["id"], set()), below.rpartition("/")[2]
            if method in ("PUT", "DELETE"):
                name = realm.of("groups", id_)["name"]
                (members.add if method == "PUT" else members.discard)(name)
            return [{"name": name, "path": f"/{name}"} for name in sorted(members)], ""
        if "client-scopes" in below:
            key = "defaultClientScopes" if below.startswith("default") else "optionalClientScopes"
            names = one.setdefault(key, [])
            name = realm.of("client-scopes", below.rpartition("/")[2])["name"]
            (names.append if method == "PUT" else names.remove)(name)
            return None, ""
        if below == "roles":
            roles = realm.roles_of.setdefault(f"client {one['id']}", [])
            if method == "POST":
                roles.append({**body, "id": realm.new_id()})
            return roles, ""
        raise refused(404, f"no {below}")

    @staticmethod
    def _service_account(realm: FakeRealm, client: dict[str, Any]) -> str:
        name = f"service-account-{client['clientId']}"
        try:
            return str(realm.of("users", name)["id"])
        except RefusedError:
            return realm.add("users", {"username": name})

    @staticmethod
    def _lists(realm: FakeRealm, method: str, path: str) -> Any:
        name, _, id_ = path.partition("/")
        if method == "PUT":
            realm.lists[name].append(id_)
        if method == "DELETE":
            realm.lists[name].remove(id_)
        return [{"id": each, "name": realm.of("client-scopes", each)["name"]} for each in realm.lists[name]]

    @staticmethod
    def _authentication(realm: FakeRealm, method: str, path: str, body: Any) -> Any:
        if path == "authentication/unregistered-required-actions":
            return [{"providerId": "PRINT_A_CARD", "name": "Print a card"}]
        if path == "authentication/register-required-action":
            realm.actions.append({"alias": body["providerId"], "enabled": True, "defaultAction": False})
            return {}
        if path.startswith("authentication/required-actions"):
            if method == "PUT":
                next(one for one in realm.actions if one["alias"] == path.rpartition("/")[2]).update(body)
            return realm.actions
        if path.startswith("authentication/config/"):
            return realm.configs[path.rpartition("/")[2]]
        if path.endswith("/config"):
            id_ = path.split("/")[2]
            realm.configs[id_] = body
            next(one for each in realm.executions.values() for one in each if one["id"] == id_)[
                "authenticationConfig"
            ] = id_
            return {}
        if path.startswith("authentication/executions/"):
            for steps in realm.executions.values():
                _remove_step(steps, path.rpartition("/")[2])
            return {}
        if "/executions" not in path:
            return None
        alias, _, how = path.removeprefix("authentication/flows/").partition("/executions")
        steps, at, level = _place(realm, alias)
        if method == "PUT":
            next(one for one in steps if one["id"] == body["id"]).update(requirement=body["requirement"])
        elif method == "POST":
            inner = how == "/flow"
            made = {"id": realm.new_id(), "level": level, "requirement": "DISABLED", "authenticationFlow": inner}
            made["displayName" if inner else "providerId"] = body["alias"] if inner else body["provider"]
            steps.insert(at, made)
        elif level:
            return [{**one, "level": one["level"] - level} for one in steps[:at] if one["level"] >= level]
        return steps


def _place(realm: FakeRealm, alias: str) -> tuple[list[dict[str, Any]], int, int]:
    """The steps of the whole flow, where the next step of `alias` goes, and how deep."""
    for steps in realm.executions.values():
        for index, one in enumerate(steps):
            if one.get("displayName") == alias and one["authenticationFlow"]:
                end = next(
                    (at for at in range(index + 1, len(steps)) if steps[at]["level"] <= one["level"]), len(steps)
                )
                return steps, end, one["level"] + 1
    steps = realm.executions.setdefault(realm.of("authentication/flows", alias)["alias"], [])
    return steps, len(steps), 0


def _remove_step(steps: list[dict[str, Any]], id_: str) -> None:
    at = next((index for index, one in enumerate(steps) if one["id"] == id_), None)
    if at is None:
        return
    level = steps.pop(at)["level"]
    while at < len(steps) and steps[at]["level"] > level:
        steps.pop(at)


def _edit(realm: FakeRealm, things: list[dict[str, Any]], method: str, id_: str, body: Any) -> str:
    if method == "POST":
        things.append({**body, "id": realm.new_id()})
        return str(things[-1]["id"])
    one = next(each for each in things if each["id"] == id_)
    if method == "DELETE":
        things.remove(one)
    else:
        one.update(body)
    return ""


def _masked(one: Mapping[str, Any]) -> dict[str, Any]:
    """A client's own secret is told to administrators; that of a login service or a directory isn't."""
    made = deepcopy(dict(one))
    config = made.get("config") or {}
    for key, mask in (("clientSecret", MASK), ("bindCredential", [MASK])):
        if key in config:
            config[key] = mask
    return made


def _masked_realm(one: Mapping[str, Any]) -> dict[str, Any]:
    made = deepcopy(dict(one))
    if (made.get("smtpServer") or {}).get("password"):
        made["smtpServer"]["password"] = MASK
    return made
