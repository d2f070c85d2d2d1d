"""The site's registry as the engine meets it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.errors import InputError
from groundplane.supply.site_registry import open_registry, site_registry
from tests.unit.site.conftest import SiteFolder, site_folder

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["site_folder"]

SECRETS = {"registry_pull_password": "to-pull", "registry_push_password": "to-push"}
HOSTS = "all: {children: {managers: {hosts: {manager: {host_number: 10}}}}}\n"


def supplied(folder: SiteFolder, images: str = "", *, hosts: str = HOSTS) -> Any:
    folder.toolkit("playbooks/layers.yml", "layers: {bootstrap: {steps: {}}, supply: {steps: {}}}\n")
    folder.write("inventory/hosts.yml", hosts)
    folder.replace("site.yml", "domain:", f"layers: [bootstrap, supply]\n{images}domain:")
    return folder.load(secrets=cast("dict[str, Any]", SECRETS))


def test_hosts_go_by_name_and_the_engine_by_address(site_folder: SiteFolder) -> None:
    found = site_registry(supplied(site_folder))
    assert found.address == "manager.test.example:5000"
    assert (found.pull_address, found.push_address) == ("172.31.0.10:5000", "172.31.0.10:5001")
    assert found.push_reference("nova", "one") == "172.31.0.10:5001/groundplane/nova:one"
    assert found.push_reference("nova", "sha256:1") == "172.31.0.10:5001/groundplane/nova@sha256:1"
    assert (found.pull.password, found.push.password) == ("to-pull", "to-push")
    assert "to-p" not in repr(found)


def test_an_ipv6_address_has_no_room_in_a_reference(site_folder: SiteFolder) -> None:
    hosts = HOSTS.replace("host_number: 10", "host_number: 10, ansible_host: 'fd00::10'")
    assert site_registry(supplied(site_folder, hosts=hosts)).push_address == "manager.test.example:5001"


def test_a_registry_of_ones_own_has_one_door(site_folder: SiteFolder) -> None:
    images = "images: {registry: {managed: false, address: 'registry.test:8443', namespace: cloud}}\n"
    found = site_registry(supplied(site_folder, images))
    assert (found.pull_address, found.push_address, found.host) == ("registry.test:8443", "registry.test:8443", None)


def test_a_registry_of_ones_own_is_read_with_the_account_that_reads(site_folder: SiteFolder, tmp_path: Path) -> None:
    # Its only door has two accounts. Where others push to it, nobody here knows the second one.
    images = "images: {registry: {managed: false, address: 'registry.test:8443'}}\n"
    with open_registry(supplied(site_folder, images), memory=tmp_path / "memory") as opened:
        accounts = [
            base64.b64decode(json.loads(file.read_text())["auths"]["registry.test:8443"]["auth"]).decode()
            for file in (opened.pull_auth_file, opened.auth_file)
        ]
    assert accounts == ["pull:to-pull", "push:to-push"]


def test_a_registry_of_ones_own_may_have_an_authority_that_this_machine_was_given(
    site_folder: SiteFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for address in ("registry.test:8443", "manager.test.example:5000", "172.31.0.10:5000"):
        folder = tmp_path / ".config/containers/certs.d" / address
        folder.mkdir(parents=True)
        (folder / "ca.crt").write_text("the registry's\n")
    site_folder.write("certificates/ca.crt", "the site's\n")
    assert site_registry(supplied(site_folder)).authority == "the site's\n"
    site_folder.replace(
        "site.yml", "domain:", "images: {registry: {managed: false, address: 'registry.test:8443'}}\ndomain:"
    )
    site = site_folder.load(secrets=cast("dict[str, Any]", SECRETS))
    assert site_registry(site).authority == "the site's\nthe registry's\n"


def test_no_registry_at_all_is_said(site_folder: SiteFolder) -> None:
    with pytest.raises(InputError, match="no image registry") as refused:
        site_registry(supplied(site_folder, "images: {registry: {managed: false}}\n"))
    assert "no address" in refused.value.why


def test_closed_secrets_are_said(site_folder: SiteFolder) -> None:
    supplied(site_folder)
    with pytest.raises(InputError, match="secrets are closed"):
        site_registry(site_folder.load())


def test_accounts_and_the_authority_are_in_memory_for_as_long_as_needed(
    site_folder: SiteFolder, tmp_path: Path
) -> None:
    site = supplied(site_folder)
    site_folder.write("certificates/ca.crt", "the authority\n")
    site = site_folder.load(secrets=cast("dict[str, Any]", SECRETS))
    with open_registry(site, memory=tmp_path / "memory") as opened:
        assert set(json.loads(opened.auth_file.read_text())["auths"]) == {"172.31.0.10:5000", "172.31.0.10:5001"}
        assert set(json.loads(opened.pull_auth_file.read_text())["auths"]) == {"172.31.0.10:5000"}
        assert (opened.certificates / "ca.crt").read_text() == "the authority\n"
    assert not opened.auth_file.exists()
