"""Domains, roles, projects with their quotas, groups and users with what they may (step platform.projects).

Roles and memberships that somebody else gave are left alone. A group remembers which roles it was given here, so that
one that is no longer declared is taken away. A user's password is set when the user is made, and when the secret has
changed since: who changed it for themselves keeps theirs.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError
from groundplane.openstack.api import SiteVariables
from groundplane.plan.fingerprint import fingerprint_key
from groundplane.platform.marks import has_mark, marked, without_mark
from groundplane.platform.reconcile import Found, Leftover, Thing
from groundplane.platform.rest import COMPUTE, IDENTITY, NETWORK, VOLUME
from groundplane.platform.scopes import split_project

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from groundplane.platform.configuration import PlatformConfiguration
    from groundplane.platform.options import Domain, Group, Project, RoleGrant, User
    from groundplane.platform.rest import Rest
    from groundplane.platform.scopes import Scopes
    from groundplane.site.site import Site

PASSWORD_MARK = "groundplane_password"  # noqa: S105 - an attribute's name
"""Keystone keeps attributes of users that it doesn't know: a keyed digest of the password that was set."""
ROLES_MARK = "groundplane_roles"
"""And of groups: the roles that they were given here, in words."""
DECLARED, ANOTHER = "as declared", "another one"
_HEX_DIGITS = 16
_QUOTAS = {"compute": (COMPUTE, "/os-quota-sets", "quota_set"), "volume": (VOLUME, "/os-quota-sets", "quota_set")}
_NETWORK = (NETWORK, "/quotas", "quota")


class Projects:
    """See `reconcile.Kind`. `layer` is whose objects these are, where it is another one than platform (see `marks`)."""

    def __init__(
        self, site: Site, asked: PlatformConfiguration, rest: Rest, scopes: Scopes, *, layer: str = ""
    ) -> None:
        self._layer = layer
        self._site = site
        self._asked = asked
        self._rest = rest
        self._scopes = scopes
        self._roles: dict[str, str] = {}

    def things(self) -> Iterator[Thing]:
        for domain in self._asked.domains:
            yield self._domain(domain)
        for role in self._asked.roles:
            yield self._role(role)
        for project in self._asked.projects:
            yield self._project(project)
            if project.quotas is not None:
                yield self._quotas(project)
        for group in self._asked.groups:
            yield self._group(group)
        for user in self._asked.users:
            yield self._user(user)

    def leftovers(self) -> Iterator[Leftover]:
        """Projects and users hold what is theirs: nobody removes them but a person."""
        declared = {(project.domain, project.name) for project in self._asked.projects}
        domains = {one["id"]: one["name"] for one in self._rest.all(IDENTITY, "/domains", "domains")}
        for one in self._rest.all(IDENTITY, "/projects", "projects"):
            place = (domains.get(one["domain_id"], ""), one["name"])
            if has_mark(self._site, one.get("description"), self._layer) and place not in declared:
                yield Leftover(f"project {one['name']}", None)

    def _found(self, one: Mapping[str, Any] | None, **have: Any) -> Found | None:
        if one is None:
            return None
        description = one.get("description")
        return Found(
            id=str(one["id"]),
            have={"description": without_mark(self._site, description, self._layer), **have},
            ours=has_mark(self._site, description, self._layer),
        )

    def _marked(self, description: str) -> str:
        return marked(self._site, description, self._layer)

    def _named(self, path: str, key: str, domain: str, name: str) -> dict[str, Any] | None:
        """A project, group or user by its name in a domain."""
        of = self._scopes.domain(domain)
        if of is None:
            return None
        found = self._rest.all(IDENTITY, path, key, params={"domain_id": of["id"], "name": name})
        return found[0] if found else None

    def _patch(self, path: str, key: str, body: Mapping[str, Any]) -> None:
        self._rest.call(IDENTITY, "PATCH", path, body={key: dict(body)})

    # domains and roles

    def _domain(self, domain: Domain) -> Thing:
        body = {"description": self._marked(domain.description), "enabled": domain.enabled}
        create = {"domain": {"name": domain.name, **body}}

        def look() -> Found | None:
            one = self._scopes.domain(domain.name)
            return self._found(one, enabled=bool(one and one.get("enabled")))

        return Thing(
            name=f"domain {domain.name}",
            wanted={"description": domain.description, "enabled": domain.enabled},
            look=look,
            make=lambda: _void(self._rest.call(IDENTITY, "POST", "/domains", body=create)),
            change=lambda seen, _: self._patch(f"/domains/{seen.id}", "domain", body),
            adopt=domain.adopt,
        )

    def _role(self, name: str) -> Thing:
        def look() -> Found | None:
            found = self._role_id(name)
            return Found(found, {}) if found is not None else None

        return Thing(
            name=f"role {name}",
            wanted={},
            look=look,
            make=lambda: _void(self._rest.call(IDENTITY, "POST", "/roles", body={"role": {"name": name}})),
            change=lambda *_: None,
        )

    def _role_id(self, name: str) -> str | None:
        if name not in self._roles:
            self._roles = {one["name"]: one["id"] for one in self._rest.all(IDENTITY, "/roles", "roles")}
        return self._roles.get(name)

    # projects

    def _project(self, project: Project) -> Thing:
        body = {"description": self._marked(project.description), "enabled": True}

        def look() -> Found | None:
            one = self._scopes.project(project.name, project.domain)
            return self._found(one, enabled=bool(one and one.get("enabled")))

        def make() -> None:
            given = {"name": project.name, "domain_id": self._scopes.domain_id(project.domain), **body}
            self._rest.call(IDENTITY, "POST", "/projects", body={"project": given})

        return Thing(
            name=f"project {_shown(project.domain, project.name)}",
            wanted={"description": project.description, "enabled": True},
            look=look,
            make=make,
            change=lambda seen, _: self._patch(f"/projects/{seen.id}", "project", body),
            adopt=project.adopt,
        )

    def _quotas(self, project: Project) -> Thing:
        """Set on declared projects alone; what isn't written stays as it is."""
        asked = project.quotas.model_dump() if project.quotas is not None else {}
        wanted = {f"{service} {name}": limit for service, limits in asked.items() for name, limit in limits.items()}

        def look() -> Found:
            found = self._scopes.project(project.name, project.domain)
            have: dict[str, Any] = {}
            for service, limits in asked.items() if found is not None else ():
                api, path, key = _NETWORK if service == "network" else _QUOTAS[service]
                there = self._rest.call(api, "GET", f"{path}/{found['id']}")[key] if limits and found else {}
                have |= {f"{service} {name}": there.get(name) for name in limits}
            return Found(str(found["id"]) if found is not None else "", have)

        def change(seen: Found, names: Sequence[str]) -> None:
            for service in dict.fromkeys(name.partition(" ")[0] for name in names):
                api, path, key = _NETWORK if service == "network" else _QUOTAS[service]
                id_ = seen.id or self._scopes.project_id(project.name, project.domain)
                self._rest.call(api, "PUT", f"{path}/{id_}", body={key: dict(asked[service])})

        return Thing(
            name=f"quotas of project {_shown(project.domain, project.name)}",
            wanted=wanted,
            look=look,
            make=lambda: None,
            change=change,
            after=f"project {_shown(project.domain, project.name)}",
        )

    # groups and users

    def _group(self, group: Group) -> Thing:
        wanted = _grants(group.roles, group.domain)

        def look() -> Found | None:
            one = self._named("/groups", "groups", group.domain, group.name)
            if one is None:
                return None
            there = self._assigned_to("group", one["id"], {*wanted, *_remembered(one)})
            return self._found(one, roles=sorted(there))

        def body() -> dict[str, Any]:
            return {"description": self._marked(group.description), ROLES_MARK: wanted}

        def make() -> None:
            given = {"name": group.name, "domain_id": self._scopes.domain_id(group.domain), **body()}
            made = self._rest.call(IDENTITY, "POST", "/groups", body={"group": given})["group"]
            self._grant("groups", made["id"], group.roles, group.domain)

        def change(seen: Found, _: Sequence[str]) -> None:
            self._grant("groups", seen.id, group.roles, group.domain)
            there = self._assigned_to("group", seen.id, {*seen.have["roles"]} - {*wanted})
            for assignment in there.values():
                self._rest.call(IDENTITY, "DELETE", _assignment_path(assignment, f"groups/{seen.id}"))
            # Last: what was to be taken away is still known if that failed.
            self._patch(f"/groups/{seen.id}", "group", body())

        return Thing(
            name=f"group {_shown(group.domain, group.name)}",
            wanted={"description": group.description, "roles": wanted},
            look=look,
            make=make,
            change=change,
            adopt=group.adopt,
        )

    def _user(self, user: User) -> Thing:
        wanted: dict[str, Any] = {
            "description": user.description,
            "enabled": True,
            "password": DECLARED,
            "groups": sorted(user.groups),
            "roles": _grants(user.roles, user.domain),
        }
        if user.email:
            wanted["email"] = user.email
        return Thing(
            name=f"user {_shown(user.domain, user.name)}",
            wanted=wanted,
            look=lambda: self._look_user(user),
            make=lambda: self._make_user(user),
            change=lambda seen, names: self._change_user(user, seen, names),
            adopt=user.adopt,
        )

    def _look_user(self, user: User) -> Found | None:
        one = self._named("/users", "users", user.domain, user.name)
        if one is None:
            return None
        members = {each["name"] for each in self._rest.all(IDENTITY, f"/users/{one['id']}/groups", "groups")}
        return self._found(
            one,
            enabled=bool(one.get("enabled")),
            email=one.get("email") or "",
            password=DECLARED if one.get(PASSWORD_MARK) == self._digest(user) else ANOTHER,
            groups=sorted(members.intersection(user.groups)),
            roles=self._granted("user", one["id"], user.roles, user.domain),
        )

    def _password(self, user: User) -> str:
        found = SiteVariables(self._site).resolve(user.password)
        if not isinstance(found, str) or not found:
            raise FailedError(
                f"The user {user.name} has no password",
                why=f"{user.password} gives none",
                cure="groundplane secrets edit adds the variable.",
            )
        return found

    def _digest(self, user: User) -> str:
        key = fingerprint_key(self._site)
        return hmac.digest(key, self._password(user).encode(), "sha256").hex()[:_HEX_DIGITS]

    def _user_body(self, user: User) -> dict[str, Any]:
        project = user.default_project
        return {
            "description": self._marked(user.description),
            "enabled": True,
            **({"email": user.email} if user.email else {}),
            **({"default_project_id": self._scopes.project_id(project, user.domain)} if project else {}),
        }

    def _secret_body(self, user: User) -> dict[str, str]:
        return {"password": self._password(user), PASSWORD_MARK: self._digest(user)}

    def _make_user(self, user: User) -> None:
        given = {
            "name": user.name,
            "domain_id": self._scopes.domain_id(user.domain),
            **self._user_body(user),
            **self._secret_body(user),
        }
        made = self._rest.call(IDENTITY, "POST", "/users", body={"user": given})["user"]
        self._belong(user, made["id"])

    def _change_user(self, user: User, seen: Found, names: Sequence[str]) -> None:
        body = self._user_body(user)
        if "password" in names:
            body |= self._secret_body(user)
        self._patch(f"/users/{seen.id}", "user", body)
        self._belong(user, seen.id)

    def _belong(self, user: User, id_: str) -> None:
        for name in user.groups:
            group = self._named("/groups", "groups", user.domain, name)
            if group is None:
                raise FailedError(
                    f"There is no group {name}",
                    why=f"{user.name} is to be a member of it",
                    cure="Declare it in platform_groups.",
                )
            self._rest.call(IDENTITY, "PUT", f"/groups/{group['id']}/users/{id_}")
        self._grant("users", id_, user.roles, user.domain)

    # what they may

    def _granted(self, who: str, id_: str, roles: Sequence[RoleGrant], domain: str) -> list[str]:
        """Those of the declared roles that are there."""
        return sorted(self._assigned_to(who, id_, {*_grants(roles, domain)}))

    def _assigned_to(self, who: str, id_: str, wanted: Collection[str]) -> dict[str, Mapping[str, Any]]:
        """Those of the roles in words that are there, to what Keystone says of them."""
        params = {f"{who}.id": id_, "include_names": "true"}
        listed = self._rest.all(IDENTITY, "/role_assignments", "role_assignments", params=params) if wanted else []
        return {words: one for one in listed if (words := _assigned(one)) in wanted}

    def _grant(self, who: str, id_: str, roles: Sequence[RoleGrant], domain: str) -> None:
        for grant in roles:
            role = self._role_id(grant.role)
            if role is None:
                raise FailedError(
                    f"There is no role {grant.role}",
                    why=f"Keystone has {', '.join(sorted(self._roles))}",
                    cure="Declare it in platform_roles.",
                )
            if grant.system:
                scope = "/system"
            elif grant.domain:
                scope = f"/domains/{self._scopes.domain_id(grant.domain)}"
            else:
                scope = f"/projects/{self._scopes.project_id(grant.project, domain)}"
            self._rest.call(IDENTITY, "PUT", f"{scope}/{who}/{id_}/roles/{role}")


def _void(_: object) -> None:
    return None


def _shown(domain: str, name: str) -> str:
    return name if domain == "Default" else f"{domain}/{name}"


def _grants(roles: Sequence[RoleGrant], domain: str) -> list[str]:
    """For people, and to compare with what Keystone says."""
    return sorted(_grant_in_words(grant, domain) for grant in roles)


def _grant_in_words(grant: RoleGrant, domain: str) -> str:
    if grant.system:
        return f"{grant.role} of the system"
    if grant.domain:
        return f"{grant.role} of domain {grant.domain}"
    return f"{grant.role} of {'/'.join(split_project(grant.project, domain))}"


def _remembered(group: Mapping[str, Any]) -> list[str]:
    found = group.get(ROLES_MARK)
    return [str(each) for each in found] if isinstance(found, list) else []


def _assignment_path(one: Mapping[str, Any], who: str) -> str:
    """Where an assignment is taken away; `who` is groups/ID."""
    scope, role = one["scope"], one["role"]["id"]
    if "system" in scope:
        return f"/system/{who}/roles/{role}"
    kind = "domain" if "domain" in scope else "project"
    return f"/{kind}s/{scope[kind]['id']}/{who}/roles/{role}"


def _assigned(one: Mapping[str, Any]) -> str:
    scope, role = one.get("scope", {}), one["role"]["name"]
    if "system" in scope:
        return f"{role} of the system"
    if "domain" in scope:
        return f"{role} of domain {scope['domain']['name']}"
    project = scope.get("project", {})
    return f"{role} of {project.get('domain', {}).get('name')}/{project.get('name')}"
