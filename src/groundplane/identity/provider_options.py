"""Where a realm's people may come from: identity providers (OIDC, SAML) and directories (LDAP, Active Directory).

Terms are Keycloak's (Server Administration Guide, "Integrating identity providers" and "Using external storage").
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic reads it
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from groundplane.identity.client_options import Config, texts
from groundplane.identity.durations import DAY, Duration
from groundplane.platform.options import Options


class IdentityProviderMapper(Config):
    """What is taken over from what the provider says of a person."""

    name: str = Field(min_length=1, description="Its name.")
    type: str = Field(min_length=1, description="Keycloak's name of its kind, such as oidc-user-attribute-idp-mapper.")
    sync: Literal["inherit", "import", "legacy", "force"] = Field(
        "inherit", description="import: at the first login; force: at each one; inherit: as its provider has it."
    )


class IdentityProvider(Options):
    """The customer's own login service, to which its realm sends people."""

    alias: str = Field(min_length=1, pattern=r"^[A-Za-z0-9._-]+$", description="Its name in addresses.")
    display_name: str = Field("", description="What its button says.")
    type: Literal["oidc", "saml"] = Field("oidc", description="OpenID Connect, or SAML 2.0.")
    enabled: bool = Field(default=True, description="Whether anybody can log in by it.")
    issuer: str = Field("", description="oidc: its issuer; its discovery document is read from there.")
    client_id: str = Field("", description="oidc: our client's id there.")
    client_secret: str = Field(
        "", repr=False, description='oidc: the variable of secrets.yml that has its secret: "{{ NAME }}".'
    )
    scopes: tuple[str, ...] = Field(("openid", "profile", "email"), description="oidc: what is asked for.")
    pkce: bool = Field(default=True, description="oidc: PKCE with S256.")
    entity_id: str = Field("", description="saml: its entity id.")
    sign_on_url: str = Field("", description="saml: where people are sent to log in.")
    logout_url: str = Field("", description="saml: where they are sent to log out.")
    certificates: tuple[str, ...] = Field((), description="saml: its signing certificates, PEM.")
    trust_email: bool = Field(default=False, description="Its mail addresses count as verified.")
    sync: Literal["import", "force"] = Field(
        "force", description="What it says of people is taken over at the first login, or at each one."
    )
    groups_claim: str = Field(
        "", description="The claim (oidc) or attribute (saml) with people's groups; those that are declared are joined."
    )
    hide_on_login: bool = Field(default=False, description="No button on the login page.")
    config: Mapping[str, str] = Field(default_factory=dict, description="Keycloak's further settings of it.")
    mappers: tuple[IdentityProviderMapper, ...] = Field((), description="What is taken over from it.")
    adopt: bool = Field(
        default=False, description="Take it over where somebody else made one of that alias that differs."
    )

    @field_validator("config", mode="before")
    @classmethod
    def _texts(cls, given: Any) -> Any:
        return texts(given)

    @model_validator(mode="after")
    def _complete(self) -> IdentityProvider:
        wanted = ("issuer", "client_id") if self.type == "oidc" else ("entity_id", "sign_on_url")
        missing = [name for name in wanted if not getattr(self, name)]
        if missing:
            raise PydanticCustomError(
                "incomplete",
                "a provider of the type {type} needs {missing}",
                {"type": self.type, "missing": " and ".join(missing)},
            )
        return self


class LdapGroups(Options):
    """Groups of the directory that become the realm's groups."""

    dn: str = Field(min_length=1, description="Below which entry they lie: ou=groups,dc=example,dc=com.")
    name_attribute: str = Field("cn", description="The attribute with a group's name.")
    object_classes: tuple[str, ...] = Field(("groupOfNames",), description="Object classes of groups.")
    membership_attribute: str = Field("member", description="The attribute with its members.")
    membership_type: Literal["DN", "UID"] = Field("DN", description="Members are named by entry, or by user.")
    filter: str = Field("", description="An LDAP filter; only groups that it matches are taken.")


class LdapMapper(Config):
    """What is taken over from the directory."""

    name: str = Field(min_length=1, description="Its name.")
    type: str = Field(min_length=1, description="Keycloak's name of its kind, such as user-attribute-ldap-mapper.")


class Ldap(Options):
    """A directory that the realm's people are looked up in."""

    name: str = Field(min_length=1, description="Its name.")
    vendor: Literal["ad", "rhds", "other"] = Field("other", description="ad is Active Directory, rhds 389 Directory.")
    url: str = Field(pattern=r"^ldaps?://", description="ldaps://HOST, or ldap://HOST with start_tls.")
    start_tls: bool = Field(default=False, description="Encrypt an ldap:// connection before anything is said.")
    bind_dn: str = Field("", description="Who asks; empty: anonymous.")
    bind_password: str = Field(
        "", repr=False, description='The variable of secrets.yml that has the password: "{{ NAME }}".'
    )
    users_dn: str = Field(min_length=1, description="Below which entry people lie: ou=people,dc=example,dc=com.")
    username_attribute: str = Field("", description="uid, or sAMAccountName with vendor ad, where empty.")
    rdn_attribute: str = Field("", description="uid, or cn with vendor ad, where empty.")
    uuid_attribute: str = Field("", description="entryUUID, or objectGUID with vendor ad, where empty.")
    object_classes: tuple[str, ...] = Field(
        (), description="inetOrgPerson and organizationalPerson; person, organizationalPerson and user with ad."
    )
    filter: str = Field("", description="An LDAP filter; only people that it matches are taken.")
    subtree: bool = Field(default=True, description="Look below the entries in users_dn, too.")
    edit: Literal["READ_ONLY", "WRITABLE", "UNSYNCED"] = Field("READ_ONLY", description="Whether it writes there.")
    import_users: bool = Field(default=True, description="Keep what was looked up.")
    sync_full: Duration = Field(DAY, description="How often everybody is looked up; 0 never.")
    sync_changed: Duration = Field(900, description="How often those who changed are looked up; 0 never.")
    groups: LdapGroups | None = Field(None, description="Groups that are taken over.")
    mappers: tuple[LdapMapper, ...] = Field((), description="What else is taken over.")
    config: Mapping[str, str] = Field(default_factory=dict, description="Keycloak's further settings of it.")
    adopt: bool = Field(
        default=False, description="Take it over where somebody else made one of that name that differs."
    )

    @field_validator("config", mode="before")
    @classmethod
    def _texts(cls, given: Any) -> Any:
        return texts(given)
