"""Applications of a realm, and what their tokens say: clients, client scopes, protocol mappers.

Terms are Keycloak's (Server Administration Guide, "Managing OpenID Connect and SAML Clients").
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic reads it
from typing import Any, Literal

from pydantic import Field, field_validator

from groundplane.platform.options import Options

Protocol = Literal["openid-connect", "saml"]


class Config(Options):
    """What has Keycloak's own settings of its kind, as text."""

    config: Mapping[str, str] = Field(
        default_factory=dict, description="Keycloak's own settings of this type, by their names there."
    )

    @field_validator("config", mode="before")
    @classmethod
    def _texts(cls, given: Any) -> Any:
        return texts(given)


def texts(given: Any) -> Any:
    """Keycloak keeps settings as text: YAML's booleans and numbers as it writes them."""
    if not isinstance(given, dict):
        return given
    return {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in given.items()}


class ProtocolMapper(Config):
    """Puts something into tokens."""

    name: str = Field(min_length=1, description="Its name.")
    type: str = Field(min_length=1, description="Keycloak's name of its kind, such as oidc-usermodel-attribute-mapper.")


class ScopeMapper(ProtocolMapper):
    """A mapper of a client scope that is declared here, or that Keycloak brings."""

    scope: str = Field(min_length=1, description="The client scope that it belongs to; it has to exist.")


class ClientScope(Options):
    """A set of claims that clients share."""

    name: str = Field(min_length=1, description="Its name.")
    description: str = Field("", description="For people.")
    protocol: Protocol = Field("openid-connect", description="openid-connect or saml.")
    in_token_scope: bool = Field(default=True, description="Whether its name stands in a token's scope.")
    consent_text: str = Field("", description="What people read where a client asks for consent.")
    assigned: Literal["default", "optional", "none"] = Field(
        "none", description="What new clients get: always (default), when they ask for it (optional), or not at all."
    )
    mappers: tuple[ProtocolMapper, ...] = Field((), description="What it puts into tokens.")
    attributes: Mapping[str, str] = Field(default_factory=dict, description="Keycloak's further attributes of it.")
    adopt: bool = Field(
        default=False, description="Take it over where somebody else made one of that name that differs."
    )

    @field_validator("attributes", mode="before")
    @classmethod
    def _texts(cls, given: Any) -> Any:
        return texts(given)


class Role(Options):
    """A role of a realm or of a client: of the realm's own applications. What people may in OpenStack, groups say."""

    name: str = Field(min_length=1, description="Its name.")
    description: str = Field("", description="For people.")


class Client(Options):
    """An application that people of the realm log in to."""

    client_id: str = Field(min_length=1, description="Its id.")
    name: str = Field("", description="Its name for people.")
    description: str = Field("", description="For people.")
    enabled: bool = Field(default=True, description="Whether anybody can log in to it.")
    protocol: Protocol = Field("openid-connect", description="openid-connect or saml.")
    public: bool = Field(default=False, description="It can't keep a secret (a page, an app, a command line).")
    secret: str = Field(
        "",
        repr=False,
        description='The variable of secrets.yml that has its secret: "{{ NAME }}"; empty: Keycloak makes one.',
    )
    standard_flow: bool = Field(default=True, description="Authorization code flow: people log in by a browser.")
    device_flow: bool = Field(default=False, description="Device authorization grant: a code, entered in a browser.")
    password_grant: bool = Field(default=False, description="It may ask for people's passwords itself.")
    service_account: bool = Field(default=False, description="It may log in as itself (client credentials).")
    pkce: bool = Field(default=True, description="The code flow has to use PKCE with S256.")
    redirect_uris: tuple[str, ...] = Field((), description="Where a browser may be sent after the login.")
    post_logout_redirect_uris: tuple[str, ...] = Field((), description="Where it may be sent after the logout.")
    web_origins: tuple[str, ...] = Field((), description="Origins from which scripts may ask (CORS).")
    root_url: str = Field("", description="What relative addresses here are relative to.")
    base_url: str = Field("", description="Its start page.")
    backchannel_logout_url: str = Field("", description="Where Keycloak tells it that a session has ended.")
    consent: bool = Field(default=False, description="People are asked before it learns of them.")
    default_scopes: tuple[str, ...] | None = Field(
        None, description="Client scopes that it always has; the realm's own where absent."
    )
    optional_scopes: tuple[str, ...] | None = Field(
        None, description="Client scopes that it may ask for; the realm's own where absent."
    )
    roles: tuple[Role, ...] = Field((), description="Its own roles.")
    mappers: tuple[ProtocolMapper, ...] = Field((), description="What is put into its tokens alone.")
    attributes: Mapping[str, str] = Field(default_factory=dict, description="Keycloak's further attributes of it.")
    adopt: bool = Field(default=False, description="Take it over where somebody else made one of that id that differs.")

    @field_validator("attributes", mode="before")
    @classmethod
    def _texts(cls, given: Any) -> Any:
        return texts(given)
