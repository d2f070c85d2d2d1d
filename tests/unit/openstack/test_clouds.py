"""Entries for clouds.yaml, written beside what is there already."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from groundplane.errors import InputError
from groundplane.identity.clouds import cloud_entries
from groundplane.openstack.clouds import (
    CloudEntry,
    clouds_yaml,
    merged,
    openrc,
    site_cacert,
    unknown_names,
    write_clouds,
)

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.site.site import Site

    from ..site.conftest import SiteFolder  # noqa: TID252

PLATFORM = """\
platform_users:
  - name: demo
    password: "{{ platform_user_password }}"
    roles: [{role: member, project: demo}]
  - name: eve
    domain: customer
    password: "{{ platform_user_password }}"
    default_project: shop
  - name: nobody
    password: "{{ platform_user_password }}"
"""
SECRETS = {"keystone_admin_password": "secret of the admin", "platform_user_password": "secret of the user"}
THEIRS = """\
# mine
clouds:
    other:  # somewhere else
        auth: {auth_url: https://other.example}
client: {force_ipv4: true}
"""


@pytest.fixture
def site(cloud_folder: SiteFolder) -> Site:
    cloud_folder.toolkit("environments/platform/defaults.yml", "platform_users: []\n")
    cloud_folder.write("environments/platform/configuration.yml", PLATFORM)
    cloud_folder.write("certificates/ca.crt", "THE AUTHORITY\n")
    cloud_folder.write(
        "environments/openstack/configuration.yml",
        "kolla_external_fqdn: api.test.example\n",
    )
    cloud_folder.toolkit(
        "environments/openstack/defaults.yml", "kolla_enable_tls_external: true\nkolla_external_fqdn: ''\n"
    )
    return cloud_folder.load(secrets=SECRETS)


def entry(name: str, **more: Any) -> CloudEntry:
    fields = {
        "auth_url": "https://api:5000/v3",
        "region": "RegionOne",
        "user": "me",
        "project": "mine",
        "user_domain": "Default",
        "project_domain": "Default",
        "password": "it's $secret",
    }
    return CloudEntry(name=name, **{**fields, **more})


def test_the_administrator_and_each_declared_user_with_a_project(site: Site) -> None:
    found = cloud_entries(site)
    assert [(one.name, one.user, one.project, one.user_domain, one.project_domain) for one in found] == [
        ("test-admin", "admin", "admin", "Default", "Default"),
        ("test-demo", "demo", "demo", "Default", "Default"),
        ("test-eve-customer", "eve", "shop", "customer", "customer"),
    ]
    assert found[1].password == "secret of the user"
    assert found[0].auth_url == "https://api.test.example:5000/v3"
    assert "secret" not in repr(found)
    with pytest.raises(InputError) as caught:
        cloud_entries(site, ["test-dmo"])
    assert "Did you mean 'test-demo'?" in caught.value.cure


def test_passwords_are_printed_only_where_they_are_asked_for(site: Site) -> None:
    text = clouds_yaml(cloud_entries(site), cacert="/ca.crt", passwords=False)
    assert "secret of" not in text
    data = yaml.safe_load(text)["clouds"]["test-demo"]
    assert data["auth"]["username"] == "demo"
    assert data["cacert"] == "/ca.crt"
    shown = yaml.safe_load(clouds_yaml(cloud_entries(site), cacert=None, passwords=True))
    assert shown["clouds"]["test-demo"]["auth"]["password"] == "secret of the user"


def test_written_files_keep_passwords_apart_and_can_be_written_again(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "openstack"
    for _ in range(2):
        files = write_clouds(site, cloud_entries(site), folder)
    assert [(file.name, file.stat().st_mode & 0o777) for file in files] == [
        ("clouds.yaml", 0o600),
        ("secure.yaml", 0o600),
        ("test-ca.crt", 0o644),
    ]
    clouds = yaml.safe_load(files[0].read_text())["clouds"]
    assert list(clouds) == ["test-admin", "test-demo", "test-eve-customer"]
    assert "secret of" not in files[0].read_text()
    assert clouds["test-demo"]["cacert"] == str(files[2])
    secure = yaml.safe_load(files[1].read_text())["clouds"]
    assert secure["test-admin"]["auth"] == {"password": "secret of the admin"}
    assert files[2].read_text() == "THE AUTHORITY\n"


def test_a_certificate_of_the_sites_own_choice_is_verified_by_what_the_machine_trusts(
    site: Site, tmp_path: Path
) -> None:
    assert site_cacert(site) == str(site.path / "certificates" / "ca.crt")
    (site.path / "certificates" / "external.crt").write_text("BOUGHT\n")
    assert site_cacert(site) is None
    files = write_clouds(site, cloud_entries(site), tmp_path)
    assert len(files) == 2
    assert "cacert" not in files[0].read_text()


def test_what_else_stands_there_stays(tmp_path: Path) -> None:
    file = tmp_path / "clouds.yaml"
    file.write_text(THEIRS)
    first = merged(file, "one", {"one-admin": {"auth": {"username": "admin"}}})
    for line in THEIRS.splitlines():
        assert line in first.splitlines()
    data = yaml.safe_load(first)
    assert list(data["clouds"]) == ["one-admin", "other"]
    assert data["client"] == {"force_ipv4": True}
    file.write_text(first)
    file.write_text(merged(file, "two", {"two-admin": {"auth": {}}}))
    file.write_text(merged(file, "one", {"one-demo": {"auth": {}}}))
    assert set(yaml.safe_load(file.read_text())["clouds"]) == {"one-demo", "two-admin", "other"}
    assert file.read_text().count("# groundplane: entries of the site one\n") == 1


@pytest.mark.parametrize("text", ["", "clouds:\n", "clouds: {}\n", "# nothing yet\n", "client: {force_ipv4: true}"])
def test_files_without_clouds_get_them(tmp_path: Path, text: str) -> None:
    file = tmp_path / "clouds.yaml"
    file.write_text(text)
    data = yaml.safe_load(merged(file, "one", {"one-admin": {"auth": {}}}))
    assert data["clouds"] == {"one-admin": {"auth": {}}}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("clouds:\n  one-admin: {}\n", "already has an entry 'one-admin'"),
        ("clouds: {other: {}}\n", "on a line of its own"),
        ("clouds: [other]\n", "has no entries"),
        ("- other\n", "it has no keys"),
        ("clouds: [\n", "isn't YAML"),
    ],
)
def test_files_that_cannot_be_added_to_are_refused(tmp_path: Path, text: str, what: str) -> None:
    file = tmp_path / "clouds.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=what):
        merged(file, "one", {"one-admin": {"auth": {}}})


def test_an_openrc_can_be_sourced() -> None:
    text = openrc(entry("one", user="o'neil"), cacert="/a b/ca.crt", password=True)
    printed = subprocess.run(
        ["sh", "-c", f'{text}\nprintf \'%s|%s|%s\' "$OS_USERNAME" "$OS_PASSWORD" "$OS_CACERT"'],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert printed == "o'neil|it's $secret|/a b/ca.crt"
    asked = openrc(entry("one"), cacert=None, password=False)
    assert "it's $secret" not in asked
    assert "read -r OS_PASSWORD" in asked


def test_names_that_nobody_knows_are_told() -> None:
    entries = [
        entry("one", auth_url="https://api.cloud.invalid:5000/v3"),
        entry("two", auth_url="https://127.0.0.1:5000/v3"),
    ]
    assert unknown_names(entries) == ("api.cloud.invalid",)
