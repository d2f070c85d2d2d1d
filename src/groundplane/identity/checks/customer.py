"""A customer for the length of a test, made by the very code that makes the site's own, and removed whatever happens.

It is a realm of its own with people in it, brokered into the proxy, and a domain of OpenStack's with a project. All of
it has one name, by which a later test finds what a killed one left.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from groundplane.identity.configuration import effective
from groundplane.identity.login.forms import Person
from groundplane.identity.login.one_time_passwords import SecondFactor
from groundplane.identity.options import RealmFile

if TYPE_CHECKING:
    from groundplane.identity.configuration import IdentityConfiguration
    from groundplane.identity.policy_options import RealmDefaults

PROJECT, GROUP, ROLE = "web", "developers", "member"
ROLES = ("member", "reader")
"""What comes of it: Keystone's member implies reader (keystone-manage bootstrap)."""
MEMBER, OUTSIDER, LOCAL = "alice", "bob", "carol"
DEMANDED = "required"
_SUFFIX = "aA1!bB2?"
"""So that a password has all kinds of characters that a policy may ask for."""


@dataclass(frozen=True, slots=True)
class SmokeCustomer:
    """What the test's logins need to know.

    Attributes:
        name: of the realm, the domain, and the identity provider in the proxy.
        member: is in the group.
        outsider: is in none.
        local: lives in the proxy realm itself, with the same domain and group.
        roles: in their order.
        factor: the local one's second factor, where the site demands one of everybody.
        seen: ids of users that Keystone made for them.
    """

    name: str
    member: Person
    outsider: Person
    local: Person
    factor: SecondFactor | None = None
    project: str = PROJECT
    group: str = GROUP
    roles: tuple[str, ...] = ROLES
    seen: set[str] = field(default_factory=set)

    @property
    def realm(self) -> str:
        return self.name

    @property
    def domain(self) -> str:
        return self.name

    def proxy_name(self, person: Person) -> str:
        """What the proxy realm calls one of the realm's people."""
        return f"{self.name}.{person.username}"

    def passwords(self) -> tuple[str, ...]:
        """Whatever mustn't be told."""
        seeds = (self.factor.seed,) if self.factor is not None else ()
        return (*(person.password for person in (self.member, self.outsider, self.local)), *seeds)

    def code(self) -> str:
        """What the local one types besides the password."""
        return self.factor.next() if self.factor is not None else ""


def new_customer(name: str, defaults: RealmDefaults | None = None) -> SmokeCustomer:
    """With passwords that nobody has seen; nothing is made yet. `defaults` are the proxy realm's."""
    factor = None
    if defaults is not None and defaults.one_time_password == DEMANDED:
        factor = SecondFactor(secrets.token_urlsafe(20), defaults.one_time_password_policy)
    return SmokeCustomer(
        name,
        factor=factor,
        member=Person(MEMBER, _password()),
        outsider=Person(OUTSIDER, _password()),
        local=Person(f"{name}.{LOCAL}", _password()),
    )


def declared(configuration: IdentityConfiguration, customer: SmokeCustomer, description: str) -> IdentityConfiguration:
    """The site's identity layer as if the customer were its only one.

    Its people have no passwords there: they are set by API and stand nowhere. It is hidden from the login page of
    everybody else.
    """
    file = RealmFile.model_validate(
        {
            "display_name": description,
            "attributes": {ATTRIBUTE: description},
            "hide_on_login": True,
            "one_time_password": "off",
            "projects": [{"name": customer.project, "description": description}],
            "groups": [{"name": customer.group, "openstack": [{"role": ROLE, "project": customer.project}]}],
            "users": [
                {
                    "username": person.username,
                    "email": f"{person.username}@{customer.name}.invalid",
                    "first_name": "Smoke",
                    "last_name": "Test",
                    "groups": groups,
                }
                for person, groups in ((customer.member, [customer.group]), (customer.outsider, []))
            ],
        }
    )
    realm = effective(customer.name, file, configuration.defaults)
    return replace(configuration, realms=(realm,), sources={})


ATTRIBUTE = "groundplane_smoke"
"""Of a realm: a test's, and whose."""


def _password() -> str:
    return secrets.token_urlsafe(24) + _SUFFIX
