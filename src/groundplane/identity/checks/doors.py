"""Where people come in: the addresses of a site's Keycloak, Keystone and Horizon, as they are reached from here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from groundplane.identity.configuration import read_identity
from groundplane.identity.keycloak.proxy import COMMAND_LINE
from groundplane.identity.keycloak.session import addresses
from groundplane.identity.login.asking import Asker
from groundplane.identity.login.keystone import PROTOCOL, Federation
from groundplane.kolla.federation_mapping import DOMAIN_CLAIM, GROUPS_CLAIM
from groundplane.openstack.api import PUBLIC, SiteVariables, entrance
from groundplane.openstack.transport import https_session
from groundplane.site.kolla.switches import enabled_services

if TYPE_CHECKING:
    from collections.abc import Mapping

    from groundplane.site.site import Site

DASHBOARD_SERVICE = "horizon"
_PORTS = {"https": "443", "http": "80"}
_DASHBOARD_PORTS = {"https": "horizon_tls_port", "http": "horizon_port"}


@dataclass(frozen=True, slots=True)
class Doors:
    """A site's.

    Attributes:
        keycloak: its URL, without a slash at the end.
        auth_url: Keystone's, with /v3.
        provider: Keystone's name of the identity provider.
        command_line: the command line's client in the proxy realm.
        dashboard: Horizon's URL with a slash at the end; empty where the site has none.
        authority: PEM of the site's own authority.
        addresses: names to the virtual addresses to which they are led.
    """

    keycloak: str
    proxy_realm: str
    auth_url: str
    provider: str
    dashboard: str = ""
    password_grant: bool = False
    command_line: str = COMMAND_LINE
    domain_claim: str = DOMAIN_CLAIM
    groups_claim: str = GROUPS_CLAIM
    authority: str | None = field(default=None, repr=False)
    addresses: Mapping[str, str] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return self.issuer_of(self.proxy_realm)

    @property
    def dashboard_choice(self) -> str:
        """What Kolla calls the single sign-on in Horizon's WEBSSO_CHOICES."""
        return f"{self.provider}_{PROTOCOL}"

    def issuer_of(self, realm: str) -> str:
        return f"{self.keycloak}/realms/{realm}"

    def asker(self) -> Asker:
        """A session without cookies: somebody at a machine of their own."""
        return Asker(https_session(self.authority, self.addresses))

    def keystone(self) -> Federation:
        return Federation(self.asker(), self.auth_url, self.provider)


def doors_of(site: Site) -> Doors:
    """Raises InputError: nobody can tell where the site's cloud, or its Keycloak, is entered."""
    identity = read_identity(site)
    where = entrance(site, PUBLIC)
    return Doors(
        keycloak=identity.url,
        proxy_realm=identity.proxy_realm,
        auth_url=where.auth_url,
        provider=identity.keystone_provider,
        dashboard=dashboard_url(site),
        password_grant=identity.password_grant,
        authority=where.authority,
        addresses={**where.addresses, **addresses(site, identity.url)},
    )


def dashboard_url(site: Site) -> str:
    """Where people find Horizon, with a slash at the end; empty where the site has none.

    Raises:
        InputError: its address can't be worked out without Ansible.
    """
    if not any(service.name == DASHBOARD_SERVICE for service in enabled_services(site)):
        return ""
    variables = SiteVariables(site)
    scheme, name = variables.text("public_protocol"), variables.text("kolla_external_fqdn")
    found = site.variables.value(_DASHBOARD_PORTS[scheme], None)
    port = str(variables.resolve(found.value)) if found is not None else _PORTS[scheme]
    host = f"[{name}]" if ":" in name else name
    return f"{scheme}://{host}{'' if port == _PORTS[scheme] else f':{port}'}/"
