"""How Keystone makes somebody's user, domain and groups from what Keycloak says of them.

Source: Keystone's documentation, "Mapping Combinations", and its keystone/federation/utils.py. The claims' names are
those that Apache's mod_auth_openidc gives them. Nothing here depends on customers: onboarding one doesn't touch
Keystone.
"""

from __future__ import annotations

import re
from typing import Any

KEYSTONE_CLIENT = "keystone"
"""Keystone's client in the proxy realm; tokens that aren't meant for it are refused."""
DOMAIN_CLAIM, GROUPS_CLAIM = "openstack-domain", "openstack-groups"
PREFIX = "OIDC-"
"""Kolla's OIDCClaimPrefix. Apache gives claims as variables of this name and as HTTP_OIDC_…; the latter anybody could
send as headers of their own to addresses that mod_auth_openidc doesn't guard."""
SCHEMA_VERSION = "2.0"
"""In which a user belongs to the domain that the mapping says, and not to the identity provider's."""
GROUP_PATTERN = r"^(?!.*name)[A-Za-z0-9][A-Za-z0-9 ._@-]*$"
"""The groups that count. Keystone reads what holds the letters "name" as JSON, in which somebody's group could be
called so that it stands for a group of another domain (RuleProcessor._normalize_groups)."""


def is_mapped(group: str) -> bool:
    """Whether a group of this name is passed on to Keystone."""
    return re.search(GROUP_PATTERN, group) is not None


def mapping_rules() -> list[dict[str, Any]]:
    """The rules, as Keystone's API takes them. Somebody without a group, or without a domain, is refused."""
    return [
        {
            "local": [
                {
                    "user": {"id": "{0}", "name": "{1}", "domain": {"name": "{2}"}},
                    "groups": "{3}",
                    "domain": {"name": "{2}"},
                }
            ],
            "remote": [
                {"type": f"{PREFIX}sub"},
                {"type": f"{PREFIX}preferred_username"},
                {"type": f"{PREFIX}{DOMAIN_CLAIM}"},
                {"type": f"{PREFIX}{GROUPS_CLAIM}", "whitelist": [GROUP_PATTERN], "regex": True},
                {"type": f"{PREFIX}{GROUPS_CLAIM}", "any_one_of": [GROUP_PATTERN], "regex": True},
                {"type": f"{PREFIX}aud", "any_one_of": [KEYSTONE_CLIENT]},
            ],
        }
    ]
