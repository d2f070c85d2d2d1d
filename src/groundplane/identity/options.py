"""A realm as a person writes it: environments/identity/realms/NAME.yml.

The file's name is the realm's. Descriptions end up in the JSON Schema (`groundplane schema realm`) and in the
reference. Parts: `policy_options`, `client_options`, `provider_options`.
"""

# ruff: noqa: TC001 - pydantic reads what annotations name
from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic reads it
from typing import Any

from pydantic import Field, field_validator

from groundplane.identity.client_options import Client, ClientScope, Role, ScopeMapper
from groundplane.identity.policy_options import BruteForce, Events, Lifetimes, OneTimePassword, OneTimePasswordPolicy
from groundplane.identity.provider_options import IdentityProvider, Ldap
from groundplane.platform.options import Options, Quotas
from groundplane.platform.options import Project as PlatformProject

SECRET_KEYS = frozenset({"password", "secret", "client_secret", "bind_password"})
"""Keys anywhere in a realm file whose values stay templates until they are used: "{{ NAME }}"."""


class Project(Options):
    """A project of the customer's, in its domain."""

    name: str = Field(min_length=1, description="Its name.")
    description: str = Field("", description="For people.")
    quotas: Quotas | None = Field(None, description="What it may use; what isn't written stays as it is.")
    adopt: bool = Field(
        default=False, description="Take it over where somebody else made one of that name that differs."
    )

    def in_domain(self, domain: str) -> PlatformProject:
        """As the platform layer has it."""
        return PlatformProject(
            name=self.name, description=self.description, quotas=self.quotas, adopt=self.adopt, domain=domain
        )


class OpenStackRole(Options):
    """What a group's members may in OpenStack: a role on one of the customer's projects, or on its domain."""

    role: str = Field(min_length=1, description="reader, member, or manager (on the domain: its domain manager).")
    project: str = Field("", description="One of the realm's projects; the domain itself where empty.")


class Group(Options):
    """People who may the same."""

    name: str = Field(min_length=1, description="Its name, in Keycloak and in OpenStack's domain.")
    description: str = Field("", description="For people.")
    openstack: tuple[OpenStackRole, ...] = Field((), description="What its members may in OpenStack.")
    roles: tuple[str, ...] = Field((), description="Roles of the realm that its members have.")
    attributes: Mapping[str, str] = Field(default_factory=dict, description="Further attributes in Keycloak.")
    adopt: bool = Field(
        default=False, description="Take it over where somebody else made one of that name that differs."
    )


class User(Options):
    """A person, or a machine that logs in as one. The password is set once, and again when the secret changes."""

    username: str = Field(min_length=1, description="The name to log in with; small letters.")
    email: str = Field("", description="A mail address.")
    email_verified: bool = Field(default=True, description="It counts as theirs.")
    first_name: str = Field("", description="First name.")
    last_name: str = Field("", description="Last name.")
    enabled: bool = Field(default=True, description="Whether they can log in.")
    groups: tuple[str, ...] = Field((), description="Groups that they are a member of.")
    roles: tuple[str, ...] = Field((), description="Roles of the realm that they have.")
    password: str = Field(
        "",
        repr=False,
        description='The variable of secrets.yml that has it: "{{ acme_alice_password }}"; empty: none is set.',
    )
    temporary: bool = Field(default=False, description="They have to choose another password at the first login.")
    required_actions: tuple[str, ...] = Field((), description="What they have to do at the first login.")
    attributes: Mapping[str, str] = Field(default_factory=dict, description="Further attributes in Keycloak.")
    adopt: bool = Field(
        default=False, description="Take the account over where somebody else made one of that name that differs."
    )

    @field_validator("username", mode="before")
    @classmethod
    def _small(cls, given: Any) -> Any:
        """Keycloak keeps usernames in small letters."""
        return given.lower() if isinstance(given, str) else given


class Smtp(Options):
    """Who sends the realm's mails."""

    host: str = Field(min_length=1, description="The mail server.")
    port: int = Field(587, ge=1, le=65535, description="Its port.")
    sender: str = Field(alias="from", min_length=1, description="The sender's address.")
    sender_name: str = Field("", alias="from_name", description="The sender's name.")
    reply_to: str = Field("", description="Where answers go.")
    tls: bool = Field(default=False, description="TLS from the beginning (port 465).")
    start_tls: bool = Field(default=True, description="TLS by STARTTLS (port 587).")
    user: str = Field("", description="Who logs in there; empty: nobody.")
    password: str = Field(
        "", repr=False, description='The variable of secrets.yml that has the password: "{{ NAME }}".'
    )


class Locales(Options):
    """Languages of the login pages."""

    supported: tuple[str, ...] = Field(("en",), min_length=1, description="Languages, such as [de, en].")
    default: str = Field("en", description="The one that is shown first.")


class Login(Options):
    """What the login page offers."""

    with_email: bool = Field(default=True, description="A mail address will do for the username.")
    remember_me: bool = Field(default=False, description="A session outlives the browser.")
    reset_password: bool = Field(default=False, description="'Forgot password?', which needs smtp.")
    verify_email: bool = Field(default=False, description="Mail addresses have to be confirmed, which needs smtp.")
    registration: bool = Field(default=False, description="Anybody can make an account.")


class RequiredAction(Options):
    """Something that people may have to do when they log in."""

    alias: str = Field(min_length=1, description="Keycloak's name of it: CONFIGURE_TOTP, UPDATE_PASSWORD …")
    enabled: bool = Field(default=True, description="Whether it can be asked for.")
    default: bool = Field(default=False, description="Whether everybody new has to do it.")


class RealmFile(Options):
    """environments/identity/realms/NAME.yml: a customer's people, and what they may."""

    display_name: str = Field("", description="The customer's name for people; the file's name where empty.")
    enabled: bool = Field(default=True, description="Whether anybody can log in.")
    broker: bool = Field(default=True, description="Its people use OpenStack; false: no customer's realm.")
    domain: str = Field("", description="The customer's domain in OpenStack; the file's name where empty.")
    hide_on_login: bool = Field(
        default=False, description="No button on the page that asks where people come from; see docs/realms.md."
    )
    password_policy: str | None = Field(
        None, description="What passwords have to be, in Keycloak's own words; identity_password_policy where absent."
    )
    one_time_password: OneTimePassword | None = Field(
        None, description="A second factor: required, optional or off; identity_one_time_password where absent."
    )
    one_time_password_policy: OneTimePasswordPolicy | None = Field(None, description="How one-time passwords are made.")
    lifetimes: Lifetimes | None = Field(
        None, description="How long things are good for; what isn't written is as identity_lifetimes says."
    )
    brute_force: BruteForce | None = Field(
        None, description="What guessing at passwords leads to; the rest is as identity_brute_force says."
    )
    events: Events | None = Field(
        None, description="Which logins and changes are written down; the rest is as identity_events says."
    )
    login: Login = Field(default_factory=Login, description="What the login page offers.")
    locales: Locales | None = Field(None, description="Languages of the login pages.")
    smtp: Smtp | None = Field(None, description="Who sends the realm's mails.")
    attributes: Mapping[str, str] = Field(default_factory=dict, description="Keycloak's further attributes of it.")
    projects: tuple[Project, ...] = Field((), description="The customer's projects.")
    roles: tuple[Role, ...] = Field((), description="Roles of the realm, for its own clients.")
    groups: tuple[Group, ...] = Field((), description="Groups, and what their members may in OpenStack.")
    users: tuple[User, ...] = Field((), description="People that are kept here rather than in a directory.")
    client_scopes: tuple[ClientScope, ...] = Field((), description="Sets of claims that clients share.")
    mappers: tuple[ScopeMapper, ...] = Field((), description="Mappers of client scopes.")
    clients: tuple[Client, ...] = Field((), description="Applications that people log in to.")
    identity_providers: tuple[IdentityProvider, ...] = Field((), description="The customer's own login services.")
    ldap: tuple[Ldap, ...] = Field((), description="The customer's directories.")
    required_actions: tuple[RequiredAction, ...] = Field((), description="What people may have to do at a login.")
    prune: bool = Field(
        default=False,
        description="Remove what was made here and is no longer written: clients, scopes, groups, users; else it is "
        "told and left.",
    )
    adopt: bool = Field(
        default=False, description="Take the realm over where somebody else made one of that name that differs."
    )


class Realm(RealmFile):
    """A realm with the site's defaults worked in: nothing of its policies is absent."""

    name: str
    password_policy: str
    one_time_password: OneTimePassword
    one_time_password_policy: OneTimePasswordPolicy
    lifetimes: Lifetimes
    brute_force: BruteForce
    events: Events
