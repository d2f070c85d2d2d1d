"""Who comes into the cloud from a command line: all entries for clouds.yaml, and those of customers' people.

By the device authorization grant (RFC 8628, with PKCE S256) the client shows an address, and the login itself happens
in a browser: passwords and second factors are Keycloak's business, and nothing secret is in the entry. Where the site
allows it (identity_password_grant) there is an entry for the password grant, too, for accounts of the proxy realm.

Source: keystoneauth's plugins v3oidcdeviceauthz and v3oidcpassword.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from groundplane.errors import InputError
from groundplane.identity.configuration import has_layer, read_identity
from groundplane.identity.keycloak.proxy import COMMAND_LINE
from groundplane.identity.openstack.customers import PROTOCOL
from groundplane.openstack.api import PUBLIC, entrance
from groundplane.openstack.clouds import admin_entry
from groundplane.platform.clouds import users_entries
from groundplane.site.source import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from groundplane.openstack.api import Entrance
    from groundplane.openstack.clouds import Entry
    from groundplane.site.site import Site

DEVICE, PASSWORD = "v3oidcdeviceauthz", "v3oidcpassword"
NO_SECRET = "none"  # noqa: S105 - it is none
"""keystoneauth's plugin for the password grant wants one, and openstacksdk drops an empty one. Keycloak doesn't look at
that of a public client."""
SCOPE = "openid profile email"


@dataclass(frozen=True, slots=True)
class FederatedEntry:
    """Somebody of a customer's, in one of its projects; who it is Keycloak says.

    Attributes:
        plugin: DEVICE or PASSWORD.
        discovery: the address of the proxy realm's discovery document.
    """

    name: str
    plugin: str
    auth_url: str
    region: str
    project: str
    project_domain: str
    provider: str
    discovery: str
    authority: str | None = field(default=None, repr=False)
    user: str = ""
    user_domain: str = ""

    @property
    def password(self) -> str:
        """Nobody's is known."""
        return ""

    @property
    def asks(self) -> Mapping[str, str]:
        if self.plugin == DEVICE:
            return {}
        return {"OS_USERNAME": "Username", "OS_PASSWORD": "Password"}

    def as_data(self, *, cacert: str | None, password: bool = False) -> dict[str, Any]:
        """The entry's value in clouds.yaml; there is no password to be shown."""
        del password
        return {
            "auth_type": self.plugin,
            "auth": {"auth_url": self.auth_url, **self._options(), **self._scope()},
            "region_name": self.region,
            "interface": PUBLIC,
            "identity_api_version": 3,
            **({"cacert": cacert} if cacert else {}),
        }

    def environment(self) -> dict[str, str]:
        values = {"auth_type": self.plugin, "auth_url": self.auth_url, **self._options(), **self._scope()}
        return {**{f"OS_{key.upper()}": value for key, value in values.items()}, "OS_REGION_NAME": self.region}

    def _options(self) -> dict[str, str]:
        return {
            "identity_provider": self.provider,
            "protocol": PROTOCOL,
            "client_id": COMMAND_LINE,
            "discovery_endpoint": self.discovery,
            "openid_scope": SCOPE,
            **({"code_challenge_method": "S256"} if self.plugin == DEVICE else {"client_secret": NO_SECRET}),
        }

    def _scope(self) -> dict[str, str]:
        return {"project_name": self.project, "project_domain_name": self.project_domain}


def customers_entries(site: Site, where: Entrance) -> Iterator[FederatedEntry]:
    """One for each project of each customer that is let in: SITE-CUSTOMER-PROJECT; with -password at the end for the
    password grant.

    Raises:
        InputError: the layer's options are wrong.
    """
    if not has_layer(site):
        return
    asked = read_identity(site)
    plugins = {DEVICE: "", **({PASSWORD: "-password"} if asked.password_grant else {})}
    for realm in asked.customers:
        for project in realm.projects if realm.enabled else ():
            for plugin, ending in plugins.items():
                yield FederatedEntry(
                    name=f"{site.file.name}-{realm.name}-{project.name}{ending}",
                    plugin=plugin,
                    auth_url=where.auth_url,
                    region=where.region,
                    project=project.name,
                    project_domain=realm.domain,
                    provider=asked.keystone_provider,
                    discovery=f"{asked.issuer(asked.proxy_realm)}/.well-known/openid-configuration",
                    authority=where.authority if where.auth_url.startswith("https:") else None,
                )


def cloud_entries(site: Site, names: Sequence[str] = ()) -> tuple[Entry, ...]:
    """The administrator's, one for each user that the platform layer declares with a project, and one for each project
    of a customer's, for people who log in through a browser; or those named.

    Raises:
        InputError: there is none of a name, the secrets are closed, or nobody can tell where the cloud is entered.
    """
    where = entrance(site, PUBLIC)
    found: dict[str, Entry] = {}
    entries: list[Entry] = [admin_entry(site, where), *users_entries(site, where), *customers_entries(site, where)]
    for entry in entries:
        found.setdefault(entry.name, entry)
    for name in names:
        if name not in found:
            raise InputError(
                f"There is no entry '{name}'",
                cure=suggest(
                    name,
                    found,
                    f"There are: {', '.join(found)}. Users are declared as platform_users, customers' projects in "
                    "environments/identity/realms.",
                ),
            )
    return tuple(found[name] for name in names) if names else tuple(found.values())
