"""A customer's people on the command line."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from openstack.config import OpenStackConfig

from groundplane.identity.clouds import DEVICE, cloud_entries, customers_entries
from groundplane.openstack.api import entrance
from groundplane.openstack.clouds import clouds_yaml, openrc, write_clouds

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.identity.clouds import FederatedEntry

    from .conftest import RealmDesk


@pytest.fixture
def desk(realms: RealmDesk) -> RealmDesk:
    realms.secrets = {**(realms.secrets or {}), "keystone_admin_password": "of the admin"}
    tls = {"kolla_enable_tls_external": True, "kolla_external_fqdn": "api.test.example"}
    realms.folder.write("environments/openstack/configuration.yml", yaml.safe_dump(tls))
    realms.folder.write("certificates/ca.crt", "THE AUTHORITY\n")
    realms.realm("acme", domain="acme-corp", projects=[{"name": "web"}, {"name": "lab"}])
    realms.realm("gone", enabled=False, projects=[{"name": "web"}])
    realms.realm("staff", broker=False)
    return realms


def entries(desk: RealmDesk) -> dict[str, FederatedEntry]:
    site = desk.site
    return {one.name: one for one in customers_entries(site, entrance(site))}


def loaded(entry: FederatedEntry, folder: Path, **more: Any) -> Any:
    """keystoneauth's own plugin, as openstacksdk makes it from a clouds.yaml."""
    file = folder / "clouds.yaml"
    file.write_text(clouds_yaml([entry], cacert=None, passwords=False))
    return OpenStackConfig(config_files=[str(file)]).get_one(entry.name, **more).get_auth()


def test_each_project_of_who_is_let_in_has_an_entry(desk: RealmDesk) -> None:
    assert sorted(entries(desk)) == ["test-acme-lab", "test-acme-web"]


def test_keystoneauth_takes_it(desk: RealmDesk, tmp_path: Path) -> None:
    plugin = loaded(entries(desk)["test-acme-web"], tmp_path)
    assert plugin.code_challenge_method == "S256"
    assert plugin.discovery_endpoint == ("https://api.test.example:8443/realms/cloud/.well-known/openid-configuration")
    assert (plugin.identity_provider, plugin.protocol, plugin.client_id) == ("keycloak", "openid", "openstack-cli")
    assert (plugin.project_name, plugin.project_domain_name) == ("web", "acme-corp")
    assert plugin.scope == "openid profile email"
    assert plugin.client_secret is None


def test_the_password_grant_only_where_the_site_allows_it(desk: RealmDesk, tmp_path: Path) -> None:
    desk.options(password_grant=True)
    found = entries(desk)
    assert sorted(found) == ["test-acme-lab", "test-acme-lab-password", "test-acme-web", "test-acme-web-password"]
    assert found["test-acme-web-password"].plugin == "v3oidcpassword"
    plugin = loaded(found["test-acme-web-password"], tmp_path, username="carol", password="hush")
    assert (plugin.username, plugin.password, plugin.client_id) == ("carol", "hush", "openstack-cli")


def test_they_stand_beside_the_administrators(desk: RealmDesk, tmp_path: Path) -> None:
    found = cloud_entries(desk.site)
    assert found[0].name == "test-admin"
    [web] = cloud_entries(desk.site, ["test-acme-web"])
    text = clouds_yaml([web], cacert="/ca.crt", passwords=True)
    data = yaml.safe_load(text)["clouds"]["test-acme-web"]
    assert (data["auth_type"], data["cacert"]) == (DEVICE, "/ca.crt")
    assert "password" not in text
    files = write_clouds(desk.site, found, tmp_path)
    assert list(yaml.safe_load(files[1].read_text())["clouds"]) == ["test-admin"]


def test_an_openrc_asks_for_nothing_where_a_browser_does(desk: RealmDesk) -> None:
    desk.options(password_grant=True)
    found = entries(desk)
    text = openrc(found["test-acme-web"], cacert=None, password=True)
    assert "read -r" not in text
    shown = '\nprintf "%s|%s|%s|%s" "$OS_AUTH_TYPE" "$OS_CODE_CHALLENGE_METHOD" "$OS_OPENID_SCOPE" "$OS_PROJECT_NAME"'
    printed = subprocess.run(["sh", "-c", text + shown], capture_output=True, text=True, check=True).stdout
    assert printed == "v3oidcdeviceauthz|S256|openid profile email|web"
    asked = openrc(found["test-acme-web-password"], cacert=None, password=False)
    assert "read -r OS_USERNAME" in asked
    assert "stty -echo; read -r OS_PASSWORD" in asked
