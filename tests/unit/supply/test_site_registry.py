"""The site's registry as the engine meets it."""

from __future__ import annotations

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
        assert (opened.certificates / "ca.crt").read_text() == "the authority\n"
    assert not opened.auth_file.exists()
