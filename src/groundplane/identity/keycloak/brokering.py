"""A customer's realm, brokered into the proxy realm: a client here, an identity provider there.

The domain of a customer's people is written into the provider, whatever their realm says of them, so that no customer
can claim another's. Their names carry the realm's in front (two customers may both have an alice), and their groups
are taken over at each login. The client's secret is Keycloak's own and is only copied from one realm to the other.
Source: Keycloak's Server Administration Guide, "Integrating identity providers"; SCS, "Identity federation".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.identity.client_options import Client, ClientScope, ProtocolMapper
from groundplane.identity.keycloak.clients import find_client
from groundplane.identity.keycloak.flows import FIRST_LOGIN
from groundplane.identity.keycloak.groups import ALL
from groundplane.identity.keycloak.identity_providers import ENABLED, Provider, ProviderMapper
from groundplane.identity.keycloak.sheet import Field, settings

if TYPE_CHECKING:
    from groundplane.identity.configuration import IdentityConfiguration
    from groundplane.identity.keycloak.work import RealmWork
    from groundplane.identity.options import Realm

BROKER = "groundplane-broker"
"""The proxy realm's client in a customer's realm."""
GROUPS_SCOPE = "groundplane-groups"
GROUPS_CLAIM = "groups"
DOMAIN_ATTRIBUTE, GROUPS_ATTRIBUTE = "openstack-domain", "openstack-groups"
"""Attributes of the proxy realm's users, and claims in its tokens: what Keystone goes by."""
BUILT_IN_SCOPES = ("basic", "email", "profile")


def groups_scope() -> ClientScope:
    """People's groups, for the proxy realm alone: other clients don't have the scope."""
    config = {
        "claim.name": GROUPS_CLAIM,
        "full.path": "false",
        "id.token.claim": "true",
        "access.token.claim": "false",
        "userinfo.token.claim": "true",
        "introspection.token.claim": "false",
    }
    return ClientScope(
        name=GROUPS_SCOPE,
        description="Groups, for OpenStack",
        in_token_scope=False,
        mappers=(ProtocolMapper(name=GROUPS_CLAIM, type="oidc-group-membership-mapper", config=config),),
    )


def broker_client(asked: IdentityConfiguration, realm: Realm) -> Client:
    """The proxy realm, as the customer's realm sees it."""
    endpoint = f"{asked.issuer(asked.proxy_realm)}/broker/{realm.name}/endpoint"
    return Client(
        client_id=BROKER,
        name="Cloud",
        description="The proxy realm that OpenStack talks to",
        redirect_uris=(endpoint,),
        post_logout_redirect_uris=(f"{endpoint}/logout_response",),
        backchannel_logout_url=(f"{asked.issuer(asked.proxy_realm)}/protocol/openid-connect/logout/backchannel-logout"),
        default_scopes=(*BUILT_IN_SCOPES, GROUPS_SCOPE),
        optional_scopes=(),
    )


def customer_provider(asked: IdentityConfiguration, realm: Realm, *, customer: RealmWork, proxy: RealmWork) -> Provider:
    """The customer's realm, as the proxy realm sees it; `customer` and `proxy` are work within the two."""
    issuer = asked.issuer(realm.name)
    endpoints = f"{issuer}/protocol/openid-connect"

    def secret() -> str | None:
        there = find_client(customer, BROKER)
        return str(there["secret"]) if there is not None and there.get("secret") else None

    return Provider(
        alias=realm.name,
        provider_id="oidc",
        fields=(
            Field("display name", ("displayName",), realm.display_name),
            Field(ENABLED, ("enabled",), realm.enabled),
            Field("hidden on the login page", ("hideOnLogin",), realm.hide_on_login),
            Field("mail addresses trusted", ("trustEmail",), value=True),
            Field("tokens stored", ("storeToken",), value=False),
            Field("only for linking", ("linkOnly",), value=False),
            Field("flow of the first login", ("firstBrokerLoginFlowAlias",), FIRST_LOGIN),
            *settings(
                {
                    "issuer": issuer,
                    "authorizationUrl": f"{endpoints}/auth",
                    "tokenUrl": f"{endpoints}/token",
                    "userInfoUrl": f"{endpoints}/userinfo",
                    "jwksUrl": f"{endpoints}/certs",
                    "logoutUrl": f"{endpoints}/logout",
                    "clientId": BROKER,
                    "clientAuthMethod": "client_secret_post",
                    "defaultScope": "openid",
                    "validateSignature": "true",
                    "useJwksUrl": "true",
                    "pkceEnabled": "true",
                    "pkceMethod": "S256",
                    # The ID token says all that is needed.
                    "disableUserInfo": "true",
                    "backchannelSupported": "true",
                    "syncMode": "FORCE",
                }
            ),
        ),
        mappers=(
            ProviderMapper(
                "domain",
                "hardcoded-attribute-idp-mapper",
                {"attribute": DOMAIN_ATTRIBUTE, "attribute.value": realm.domain, "syncMode": "FORCE"},
            ),
            ProviderMapper(
                "groups",
                "oidc-user-attribute-idp-mapper",
                {"claim": GROUPS_CLAIM, "user.attribute": GROUPS_ATTRIBUTE, "syncMode": "FORCE"},
            ),
            ProviderMapper(
                "username",
                "oidc-username-idp-mapper",
                {"template": f"{realm.name}.${{CLAIM.preferred_username}}", "target": "LOCAL", "syncMode": "FORCE"},
            ),
        ),
        secret=secret,
        closing=lambda: end_sessions(proxy, realm.domain),
        after=customer.named("client", BROKER),
    )


def end_sessions(proxy: RealmWork, domain: str) -> None:
    """Of a customer's people who are in: a realm that is closed lets nobody in, but throws nobody out by itself."""
    people = proxy.calls.all("users", q=f"{DOMAIN_ATTRIBUTE}:{domain}", briefRepresentation="false", max=ALL)
    for one in people:
        if (one.get("attributes") or {}).get(DOMAIN_ATTRIBUTE) == [domain]:
            proxy.calls.post(f"users/{one['id']}/logout", {})
