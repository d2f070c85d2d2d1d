"""What Keystone's Apache is told of Keycloak: the files of mod_auth_openidc's OIDCMetadataDir, and the mapping.

All of it follows from Keycloak's address, so Keycloak needn't run when Keystone is deployed. The client's secret stays
a template that Kolla works out when it writes the file on a host. Sources: mod_auth_openidc's wiki, "Multiple
Providers"; Keycloak's documentation, "Securing applications with OpenID Connect", for its addresses.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from groundplane.kolla.federation_mapping import KEYSTONE_CLIENT, mapping_rules
from groundplane.kolla.values import conditions, text_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from groundplane.site.site import Site

LAYER = "identity"
METADATA = "keystone/federation/oidc/metadata"
MAPPINGS = "keystone/federation/oidc/attribute_maps"
"""Below node_custom_config; environments/openstack/defaults.yml gives Kolla the same."""
CLIENT_SECRET = "identity_keystone_client_secret"  # noqa: S105 - the name of a variable


def federation_files(site: Site) -> dict[str, str]:
    """Name below node_custom_config to text, as Kolla's role keystone looks for them; none without the layer identity.

    Raises:
        InputError: Keycloak's address can't be worked out without Ansible.
    """
    if LAYER not in site.file.layers:
        return {}
    work_out = conditions(site)
    url = text_value(site, "identity_url", work_out).rstrip("/")
    issuer = f"{url}/realms/{text_value(site, 'identity_proxy_realm', work_out)}"
    stem = f"{METADATA}/{metadata_name(issuer)}"
    # The secret as a JSON string, whatever is in it.
    client = _json({"client_id": KEYSTONE_CLIENT, "client_secret": "SECRET"})
    return {
        f"{stem}.provider": _json(provider(issuer)),
        f"{stem}.client": client.replace('"SECRET"', f"{{{{ {CLIENT_SECRET} | to_json }}}}"),
        f"{stem}.conf": _json(
            {
                "scope": "openid email profile",
                "response_type": "code",
                "pkce_method": "S256",
                "token_endpoint_auth": "client_secret_basic",
            }
        ),
        f"{MAPPINGS}/{text_value(site, 'identity_keystone_provider', work_out)}.json": _json(mapping_rules()),
    }


def metadata_name(issuer: str) -> str:
    """The name that mod_auth_openidc looks for, without its ending: the issuer's address with all but names escaped."""
    return quote(issuer.removeprefix("https://").removesuffix("/"), safe="")


def provider(issuer: str) -> Mapping[str, object]:
    """What a realm's discovery document says, as far as mod_auth_openidc needs it.

    Not where tokens are revoked: it would do so before it logs somebody out, Keycloak would end the session with the
    token, and could no longer tell the customer's realm.
    """
    endpoints = f"{issuer}/protocol/openid-connect"
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{endpoints}/auth",
        "token_endpoint": f"{endpoints}/token",
        "userinfo_endpoint": f"{endpoints}/userinfo",
        "jwks_uri": f"{endpoints}/certs",
        "end_session_endpoint": f"{endpoints}/logout",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "backchannel_logout_supported": True,
    }


def _json(data: object) -> str:
    return json.dumps(data, indent=2) + "\n"
