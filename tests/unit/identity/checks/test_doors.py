from __future__ import annotations

import pytest

from groundplane.identity.checks import doors as doors_module
from groundplane.identity.checks.doors import dashboard_url, doors_of

from ..keycloak.conftest import Office, cloud_folder, office, site_folder  # noqa: TID252

__all__ = ["cloud_folder", "office", "site_folder"]


class Service:
    def __init__(self, name: str) -> None:
        self.name = name


@pytest.fixture(autouse=True)
def services(monkeypatch: pytest.MonkeyPatch) -> list[Service]:
    found = [Service("keystone"), Service("horizon")]
    monkeypatch.setattr(doors_module, "enabled_services", lambda _site: found)
    monkeypatch.setattr(doors_module, "addresses", lambda _site, _url: {})
    return found


def test_where_people_come_in(office: Office) -> None:
    office.options(identity_password_grant=True, identity_fqdn="login.lab.test")
    doors = doors_of(office.site)
    assert doors.keycloak == "https://login.lab.test:8443"
    assert doors.issuer == "https://login.lab.test:8443/realms/cloud"
    assert doors.auth_url == "https://172.31.0.6:5000/v3"
    assert doors.dashboard == "https://172.31.0.6/"
    assert doors.dashboard_choice == "keycloak_openid"
    assert doors.password_grant
    assert doors.keystone().door.endswith("/identity_providers/keycloak/protocols/openid/auth")


def test_a_site_without_horizon(office: Office, services: list[Service]) -> None:
    services.pop()
    assert dashboard_url(office.site) == ""


def test_horizon_may_have_another_port(office: Office) -> None:
    text = "kolla_enable_tls_external: true\npublic_protocol: https\nhorizon_tls_port: 8080\n"
    office.folder.write("environments/openstack/configuration.yml", text)
    assert dashboard_url(office.site) == "https://172.31.0.6:8080/"


def test_everybody_has_cookies_of_their_own(office: Office) -> None:
    doors = doors_of(office.site)
    assert doors.asker().http.cookies is not doors.asker().http.cookies
