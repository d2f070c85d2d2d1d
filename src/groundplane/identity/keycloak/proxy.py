"""The proxy realm: the one that Keystone talks to. Customers' people only pass through it.

It has no people of its own unless somebody makes them. Who is brokered into it can't get a password here, so that an
account that a customer closes is closed: nothing but the customer's realm lets its people in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.identity.client_options import Client, ClientScope, ProtocolMapper
from groundplane.identity.keycloak.brokering import BUILT_IN_SCOPES, DOMAIN_ATTRIBUTE, GROUPS_ATTRIBUTE
from groundplane.identity.keycloak.sheet import Field
from groundplane.identity.options import Login, Realm, RequiredAction
from groundplane.openstack.api import SiteVariables, entrance

if TYPE_CHECKING:
    from groundplane.identity.configuration import IdentityConfiguration
    from groundplane.site.site import Site

OPENSTACK_SCOPE = "openstack"
KEYSTONE, COMMAND_LINE, MANAGER = "keystone", "openstack-cli", "groundplane-manager"
GUARDED = {DOMAIN_ATTRIBUTE: False, GROUPS_ATTRIBUTE: True}
"""Attributes that administrators and identity providers alone set, to whether they have several values."""
MANAGER_URL = "identity_manager_url"
NO_CREDENTIALS = ("UPDATE_PASSWORD", "webauthn-register-passwordless")
"""What would let people who only pass through log in without their customer's realm; they can ask for either."""
NO_MORE_ROLES = (("account", "manage-account"),)
"""Roles of clients that Keycloak gives to everybody, and that people who only pass through don't get: they'd let them
link a further login to their account, one that outlives the customer's.
"""


def proxy_realm(asked: IdentityConfiguration) -> Realm:
    """The proxy as if it stood in a file."""
    defaults = asked.defaults
    return Realm(
        name=asked.proxy_realm,
        display_name="Cloud",
        broker=False,
        domain="",
        password_policy=defaults.password_policy,
        one_time_password=defaults.one_time_password,
        one_time_password_policy=defaults.one_time_password_policy,
        lifetimes=defaults.lifetimes,
        brute_force=defaults.brute_force,
        events=defaults.events,
        login=Login(with_email=False),
        required_actions=tuple(RequiredAction(alias=alias, enabled=False) for alias in NO_CREDENTIALS),
    )


def proxy_fields() -> tuple[Field, ...]:
    """Two customers may know the same person: a mail address is nobody's key here."""
    return (Field("mail addresses may be double", ("duplicateEmailsAllowed",), value=True),)


def openstack_scope() -> ClientScope:
    """What Keystone's mapping reads."""
    return ClientScope(
        name=OPENSTACK_SCOPE,
        description="Domain and groups in OpenStack",
        in_token_scope=True,
        mappers=(
            _from_attribute(DOMAIN_ATTRIBUTE, several=False),
            _from_attribute(GROUPS_ATTRIBUTE, several=True),
        ),
    )


def _for_keystone() -> ProtocolMapper:
    """Such a client's access tokens are for Keystone; those of others aren't, and Keystone's mapping refuses them."""
    config = {"included.client.audience": KEYSTONE, "access.token.claim": "true", "id.token.claim": "false"}
    return ProtocolMapper(name="audience", type="oidc-audience-mapper", config=config)


def _from_attribute(name: str, *, several: bool) -> ProtocolMapper:
    return ProtocolMapper(
        name=name,
        type="oidc-usermodel-attribute-mapper",
        config={
            "user.attribute": name,
            "claim.name": name,
            "jsonType.label": "String",
            "multivalued": str(several).lower(),
            # mod_auth_openidc would prefer what the ID token said at the login to what userinfo says now.
            "id.token.claim": "false",
            "access.token.claim": "true",
            "userinfo.token.claim": "true",
            "introspection.token.claim": "true",
        },
    )


def proxy_clients(site: Site, asked: IdentityConfiguration) -> tuple[Client, ...]:
    """Keystone's client, the command line's, and the manager's."""
    keystone = entrance(site).auth_url.removesuffix("/v3")
    scopes = (*BUILT_IN_SCOPES, OPENSTACK_SCOPE)
    manager = manager_url(site)
    return (
        Client(
            client_id=KEYSTONE,
            name="OpenStack",
            secret="{{ identity_keystone_client_secret }}",  # noqa: S106 - the variable that has it
            redirect_uris=(f"{keystone}/redirect_uri",),
            post_logout_redirect_uris=after_logout(site),
            backchannel_logout_url=f"{keystone}/redirect_uri?logout=backchannel",
            default_scopes=scopes,
            optional_scopes=(),
        ),
        Client(
            client_id=COMMAND_LINE,
            name="OpenStack command line",
            public=True,
            standard_flow=False,
            device_flow=True,
            password_grant=asked.password_grant,
            default_scopes=scopes,
            optional_scopes=("offline_access",),
            mappers=(_for_keystone(),),
        ),
        Client(
            client_id=MANAGER,
            name="Groundplane",
            secret="{{ identity_manager_client_secret }}",  # noqa: S106 - the variable that has it
            standard_flow=bool(manager),
            redirect_uris=(f"{manager}/*",) if manager else (),
            post_logout_redirect_uris=(f"{manager}/*",) if manager else (),
            root_url=manager,
            default_scopes=scopes,
            optional_scopes=(),
        ),
    )


def manager_url(site: Site) -> str:
    """Where the manager's pages are; empty where there are none."""
    found = site.variables.value(MANAGER_URL, None)
    return str(SiteVariables(site).resolve(found.value) or "").rstrip("/") if found is not None else ""


def after_logout(site: Site) -> tuple[str, ...]:
    """Where a browser may be sent once the session has ended: Horizon's pages, and Skyline's."""
    variables = SiteVariables(site)
    name = variables.text("kolla_external_fqdn")
    host = f"[{name}]" if ":" in name else name
    start = f"{variables.text('public_protocol')}://{host}"
    return (f"{start}/*", f"{start}:9999/*")
