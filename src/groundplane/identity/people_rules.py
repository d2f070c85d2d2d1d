"""What a realm file says of people, and of what they may in OpenStack: projects, groups, users.

Sources: SCS-0302 (a customer's domain manager has the role manager, and nobody there has admin);
Keycloak's Server Administration Guide, "Assigning permissions using roles and groups".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.errors import GroundplaneError, Problem
from groundplane.identity import keycloak_names as of_keycloak
from groundplane.identity.configuration import reveal
from groundplane.identity.password_policy import broken
from groundplane.kolla.federation_mapping import is_mapped
from groundplane.site.source import nearest, suggest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from groundplane.identity.options import OpenStackRole, Realm
    from groundplane.site.site import Site
    from groundplane.site.source import Source

OPENSTACK_ROLES = frozenset(
    {
        "member",
        "reader",
        "manager",
        "heat_stack_owner",
        "load-balancer_member",
        "load-balancer_observer",
        "load-balancer_quota_admin",
        "key-manager:service-admin",
        "audit",
        "creator",
        "observer",
        "ResellerAdmin",
        "swiftoperator",
    }
)
"""Roles that Keystone and Kolla's services make."""
FORBIDDEN = {
    "admin": "it is administrator of the whole cloud, wherever it is given",
    "service": "services trust it with everybody's resources",
    "load-balancer_admin": "it administrates everybody's load balancers",
    "heat_stack_user": "Heat gives it to the accounts that it makes itself",
}
"""Roles that no customer may have, and why. Keystone's admin isn't bounded by the project or domain it is given on."""
_MOST_DOMAIN = 64
_SEPARATORS = (";", "/")
"""Between groups in what Keystone gets (OIDCClaimDelimiter), and between a group and its parent in Keycloak."""


class PeopleRules:
    """Of one realm; each yields what it finds."""

    def __init__(self, realm: Realm, source: Source, *, roles: frozenset[str], site: Site) -> None:
        self.realm = realm
        self.at = source.place
        self.site = site
        self.projects = {project.name for project in realm.projects}
        self.groups = {group.name for group in realm.groups}
        self.openstack_roles = OPENSTACK_ROLES | roles
        self.roles = {role.name for role in realm.roles} | of_keycloak.ROLES | {f"default-roles-{realm.name}"}

    def all(self) -> Iterator[Problem]:
        yield from self.customer()
        yield from self.of_groups()
        yield from self.of_users()

    def customer(self) -> Iterator[Problem]:
        realm = self.realm
        if len(realm.domain) > _MOST_DOMAIN:
            what = f"the domain's name has {len(realm.domain)} characters, and Keystone keeps {_MOST_DOMAIN}"
            yield Problem(what, "Take a shorter one.", self.at("domain"))
        if not realm.broker:
            for key in ("projects", "hide_on_login"):
                if getattr(realm, key):
                    what = f"the realm '{realm.name}' has '{key}', and its people don't use OpenStack (broker: false)"
                    yield Problem(what, "Remove it, or remove broker: false.", self.at(key))

    def of_groups(self) -> Iterator[Problem]:
        for index, group in enumerate(self.realm.groups):
            for separator in _SEPARATORS:
                if separator in group.name:
                    what = f"the group '{group.name}' has '{separator}' in its name, which stands between groups"
                    yield Problem(what, "Take another name.", self.at("groups", index, "name"))
                    break
            else:
                if group.openstack and not is_mapped(group.name):
                    yield Problem(
                        f"the group '{group.name}' has a name that Keystone doesn't take from a login",
                        "Use letters, digits, space and . _ @ -; and not the letters 'name', which its mapping of "
                        "claims takes for something else.",
                        self.at("groups", index, "name"),
                    )
            for number, given in enumerate(group.openstack):
                yield from self._grant(group.name, given, index, number)
            for number, role in enumerate(group.roles):
                yield from self._role(f"the group '{group.name}'", role, "groups", index, "roles", number)

    def _grant(self, group: str, given: OpenStackRole, index: int, number: int) -> Iterator[Problem]:
        at = ("groups", index, "openstack", number)
        if not self.realm.broker:
            what = f"the group '{group}' has a role in OpenStack, which its realm's people don't use (broker: false)"
            yield Problem(what, "Remove it, or remove broker: false.", self.at(*at))
        if given.project and given.project not in self.projects:
            yield Problem(
                f"the group '{group}' has a role on the project '{given.project}', which the realm doesn't declare",
                suggest(given.project, self.projects, "Declare it in projects."),
                self.at(*at, "project"),
            )
        why = FORBIDDEN.get(given.role)
        if why is not None:
            yield Problem(
                f"the group '{group}' of a customer is to have the role '{given.role}': {why}",
                "A customer's own administrator has the role manager on the domain (SCS-0302).",
                self.at(*at, "role"),
            )
        elif given.role not in self.openstack_roles:
            near = nearest(given.role, self.openstack_roles)
            yield Problem(
                f"the group '{group}' is to have the role '{given.role}', which nobody makes",
                f"Did you mean '{near}'?" if near else "Declare it in platform_roles (environments/platform).",
                self.at(*at, "role"),
            )

    def of_users(self) -> Iterator[Problem]:
        mails: dict[str, str] = {}
        for index, user in enumerate(self.realm.users):
            who = f"the user '{user.username}'"
            for number, group in enumerate(user.groups):
                if group not in self.groups:
                    yield Problem(
                        f"{who} is to be in the group '{group}', which the realm doesn't declare",
                        suggest(group, self.groups, "Declare it in groups."),
                        self.at("users", index, "groups", number),
                    )
            for number, role in enumerate(user.roles):
                yield from self._role(who, role, "users", index, "roles", number)
            for number, action in enumerate(user.required_actions):
                if action not in of_keycloak.REQUIRED_ACTIONS:
                    yield Problem(
                        f"Keycloak has no required action '{action}'",
                        suggest(action, of_keycloak.REQUIRED_ACTIONS),
                        self.at("users", index, "required_actions", number),
                    )
            first = mails.setdefault(user.email.casefold(), user.username) if user.email else user.username
            if first != user.username:
                what = f"the users '{first}' and '{user.username}' have the same mail address, by which they may log in"
                yield Problem(what, "Correct one of them.", self.at("users", index, "email"))
            yield from self._password(index)

    def _role(self, who: str, role: str, *path: str | int) -> Iterator[Problem]:
        if role not in self.roles:
            yield Problem(
                f"{who} is to have the realm's role '{role}', which it doesn't declare",
                suggest(role, self.roles, "Declare it in roles; what people may in OpenStack stands below openstack."),
                self.at(*path),
            )

    def _password(self, index: int) -> Iterator[Problem]:
        """Keycloak would refuse it in the middle of the work. Where the secrets are closed nobody can tell."""
        user = self.realm.users[index]
        if not self.site.secrets_loaded or "{{" not in user.password:
            return
        try:
            password = reveal(self.site, user.password, f"The user {user.username}")
        except GroundplaneError:
            return  # told by secret_rules
        wrong = broken(self.realm.password_policy, password, username=user.username, email=user.email)
        if wrong:
            yield Problem(
                f"the password of the user '{user.username}' isn't as the realm's policy asks: {' and '.join(wrong)}",
                "groundplane secrets edit changes it.",
                self.at("users", index, "password"),
            )
