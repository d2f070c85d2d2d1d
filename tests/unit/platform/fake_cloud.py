"""A cloud that is a few lists: what `rest.Rest` offers, with the rules of the services that the layer relies on."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from groundplane.platform.rest import Rest

if TYPE_CHECKING:
    from collections.abc import Mapping

Objects = dict[str, dict[str, Any]]


class FakeCloud(Rest):
    """Objects lie in `lists[COLLECTION][ID]`; `calls` has what changed something."""

    def __init__(self) -> None:
        self.lists: dict[str, Objects] = defaultdict(dict)
        self.calls: list[str] = []
        self.quotas: dict[str, dict[str, int]] = defaultdict(lambda: {"cores": 20, "volumes": 10, "router": 10})
        self.grants: set[tuple[str, ...]] = set()
        self.members: set[tuple[str, str]] = set()
        self._numbers = itertools.count(1)
        self.add("domains", name="Default", id="default")
        self.add("projects", name="admin", id="admin", domain_id="default")
        for role in ("member", "reader", "manager"):
            self.add("roles", name=role, id=role)

    def add(self, collection: str, **values: Any) -> dict[str, Any]:
        """An object that somebody else made."""
        made = {"id": f"{collection}-{next(self._numbers)}", **values}
        self.lists[collection][made["id"]] = made
        return made

    def named(self, collection: str, name: str) -> dict[str, Any]:
        return next(one for one in self.lists[collection].values() if one.get("name") == name)

    def names(self, collection: str) -> list[str]:
        return [one["name"] for one in self.lists[collection].values()]

    def all(
        self,
        service: str,
        path: str,
        key: str,
        *,
        params: Mapping[str, str] | None = None,
        microversion: str | None = None,
    ) -> list[dict[str, Any]]:
        assert service
        parts = path.strip("/").split("/")
        if path == "/role_assignments":
            return self._assignments(params or {})
        if key == "groups" and parts[0] == "users":
            return [self.lists["groups"][group] for group, user in self.members if user == parts[1]]
        if key == "flavor_access":
            may = self.lists["flavors"][parts[1]].get("access", [])
            return [{"flavor_id": parts[1], "tenant_id": one} for one in may]
        if key == "volume_type_access":
            return [{"project_id": one} for one in self.lists["volume_types"][parts[1]].get("access", [])]
        if key == "ports":
            return [one for one in self.lists["ports"].values() if one["device_id"] == (params or {})["device_id"]]
        filters = {name: value for name, value in (params or {}).items() if value != "None" and name != "limit"}
        return [
            dict(one)
            for one in self.lists[key].values()
            if all(one.get(name) == value for name, value in filters.items())
        ]

    def call(
        self,
        service: str,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: Mapping[str, str] | None = None,
        microversion: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        assert service
        if method != "GET":
            self.calls.append(f"{method} {path}")
        collection, *rest = path.strip("/").split("/")
        collection = {"types": "volume_types", "default-security-group-rules": "default_security_group_rules"}.get(
            collection, collection
        )
        if collection in ("os-quota-sets", "quotas"):
            return self._quota(method, rest[0], body)
        if "roles" in rest:
            {"PUT": self.grants.add, "DELETE": self.grants.remove}[method]((collection, *rest))
            return {}
        if collection == "groups" and len(rest) > 1:
            self.members.add((rest[0], rest[2]))
            return {}
        if len(rest) > 1:
            return self._below(method, self.lists[collection][rest[0]], rest[1:], body)
        return self._object(method, collection, rest[0] if rest else "", body)

    def _object(self, method: str, collection: str, id_: str, body: Any) -> dict[str, Any]:
        objects = self.lists[collection]
        if method == "GET":
            return objects[id_]
        if method == "DELETE":
            del objects[id_]
            return {}
        if method == "PATCH" and isinstance(body, list):
            for change in body:
                name = change["path"].strip("/")
                assert (change["op"] == "replace") == (name in objects[id_])
                objects[id_][name] = change["value"]
            return objects[id_]
        key = next(iter(body)) if collection != "images" else ""
        values = dict(body[key]) if key else dict(body)
        if method == "POST":
            if collection == "images":
                values |= {"os_hash_algo": None, "os_hash_value": None, "protected": False, "os_hidden": False}
            return {key: self.add(collection, **values)} if key else self.add(collection, **values)
        objects[id_].update(values)
        return {key: objects[id_]}

    def _below(self, method: str, one: dict[str, Any], rest: list[str], body: Any) -> dict[str, Any]:
        what = rest[0]
        if what in ("os-extra_specs", "extra_specs"):
            specs = one.setdefault("extra_specs", {})
            if method == "DELETE":
                del specs[rest[1]]
            else:
                specs.update(body["extra_specs"])
        elif what == "encryption":
            if method == "GET":
                return dict(one.get("encryption", {}))
            if method == "DELETE":
                del one["encryption"]
            else:
                one["encryption"] = {"encryption_id": "e", **body["encryption"]}
        elif what == "action":
            (given,) = body.values()
            one.setdefault("access", []).append(given.get("tenant") or given["project"])
        elif what == "add_router_interface":
            port = {"device_id": one["id"], "device_owner": "network:router_interface"}
            self.add("ports", **port, fixed_ips=[{"subnet_id": body["subnet_id"]}])
        elif what == "remove_router_interface":
            gone = [
                port["id"]
                for port in self.lists["ports"].values()
                if port["device_id"] == one["id"] and port["fixed_ips"][0]["subnet_id"] == body["subnet_id"]
            ]
            for id_ in gone:
                del self.lists["ports"][id_]
        return {}

    def _quota(self, method: str, project: str, body: Any) -> dict[str, Any]:
        if method == "PUT":
            self.quotas[project].update(next(iter(body.values())))
        return {"quota_set": dict(self.quotas[project]), "quota": dict(self.quotas[project])}

    def _assignments(self, params: Mapping[str, str]) -> list[dict[str, Any]]:
        who = next(value for name, value in params.items() if name.endswith(".id"))
        found = []
        for grant in self.grants:
            scope: dict[str, Any]
            if grant[0] == "system":
                scope, (user, role) = {"system": {"all": True}}, (grant[2], grant[4])
            elif grant[0] == "domains":
                scope = {"domain": {"id": grant[1], "name": self.lists["domains"][grant[1]]["name"]}}
                user, role = grant[3], grant[5]
            else:
                project = self.lists["projects"][grant[1]]
                domain = self.lists["domains"][project["domain_id"]]["name"]
                scope = {"project": {"id": grant[1], "name": project["name"], "domain": {"name": domain}}}
                user, role = grant[3], grant[5]
            if user == who:
                found.append({"scope": scope, "role": {"id": role, "name": role}})
        return found
