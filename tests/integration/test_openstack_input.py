"""What a site says of OpenStack, and what wrong input gets: the file, the line, the nearest name; no host is asked."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.integration.conftest import SiteFolder, make_site
from tests.integration.test_wrong_input import tree

if TYPE_CHECKING:
    from pathlib import Path

CONFIGURATION = "environments/openstack/configuration.yml"
OVERLAYS = "environments/openstack/overlays"
LAYERS = ["bootstrap", "supply", "openstack"]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> SiteFolder:
    """A production site with the layer, without storage."""
    site = make_site(tmp_path_factory.mktemp("openstack"), "production")

    def change(data: dict[str, Any]) -> None:
        data["layers"] = LAYERS
        data["vips"] = {
            "internal": {"network": "internal", "address": "10.40.10.250"},
            "external": {"network": "public", "address": "203.0.113.250"},
        }

    site.edit("site.yml", change)
    secrets = site.groundplane("secrets", "init")
    assert secrets.code == 0, str(secrets)
    return site


@pytest.fixture
def cloud(written: SiteFolder, tmp_path: Path) -> SiteFolder:
    path = tmp_path / "site"
    shutil.copytree(written.path, path, symlinks=True)
    return SiteFolder(path, written.env)


def refused(site: SiteFolder, *said: str) -> None:
    before = tree(site.path)
    answer = site.groundplane("validate")
    message = answer.out + answer.err
    assert answer.code == 2, str(answer)
    assert "Traceback" not in message
    for words in said:
        assert words in message, f"{words!r} isn't said\n{answer}"
    assert tree(site.path) == before


def set_values(site: SiteFolder, **values: Any) -> int:
    """Sets values of the layer's; returns the line of the first one."""
    path = site.path / CONFIGURATION
    lines = len(path.read_text(encoding="utf-8").splitlines()) if path.is_file() else 0
    site.append(CONFIGURATION, yaml.safe_dump(values, sort_keys=False))
    return lines + 1


def test_a_site_with_openstack_validates(cloud: SiteFolder) -> None:
    answer = cloud.groundplane("validate")
    assert answer.code == 0, str(answer)


def test_all_that_is_wrong_is_told_in_one_round(cloud: SiteFolder) -> None:
    text = (cloud.path / "site.yml").read_text(encoding="utf-8")
    (cloud.path / "site.yml").write_text(text.replace("domain:", "domian:", 1), encoding="utf-8")
    line = set_values(cloud, nova_loging_debug=True, enable_horizon="maybe", openstack_api_network="intern")
    cloud.append(f"{OVERLAYS}/nowa.conf", "[DEFAULT]\ndebug = true\n")
    cloud.append("inventory/group_vars/compute.yml", "kernel_swapiness: 1\n")
    refused(
        cloud,
        "the key 'domian' is unknown",
        f"{CONFIGURATION}:{line}",
        "'nova_logging_debug'",
        "'enable_horizon' is 'maybe'",
        "'intern'",
        "nowa.conf",
        "'kernel_swapiness' is unknown",
    )


def test_each_service_that_is_on_is_a_step(cloud: SiteFolder) -> None:
    shown = cloud.groundplane("graph")
    assert shown.code == 0, str(shown)
    for step in ("mariadb", "keystone", "glance", "placement", "nova", "nova-cell", "neutron", "cinder", "horizon"):
        assert f"{step} " in shown.out, step
    assert " heat " not in shown.out
    set_values(cloud, enable_heat=True)
    assert " heat " in cloud.groundplane("graph").out


def test_a_variable_that_kolla_does_not_know(cloud: SiteFolder) -> None:
    line = set_values(cloud, nova_loging_debug=True)
    refused(cloud, f"{CONFIGURATION}:{line}", "nova_loging_debug", "nova_logging_debug")


def test_a_switch_that_kolla_does_not_know(cloud: SiteFolder) -> None:
    line = set_values(cloud, enable_barbicn=True)
    refused(cloud, f"{CONFIGURATION}:{line}", "enable_barbicn", "enable_barbican")


def test_a_switch_that_is_neither_on_nor_off(cloud: SiteFolder) -> None:
    line = set_values(cloud, enable_heat="perhaps")
    refused(cloud, f"{CONFIGURATION}:{line}", "enable_heat", "perhaps")


def test_an_override_file_that_nobody_reads(cloud: SiteFolder) -> None:
    cloud.append(f"{OVERLAYS}/nova.cnf", "[DEFAULT]\ndebug = true\n")
    refused(cloud, f"{OVERLAYS}/nova.cnf", "nova.conf")


def test_addresses_that_are_missing(cloud: SiteFolder) -> None:
    cloud.edit("site.yml", lambda data: data.pop("vips"))
    refused(cloud, "site.yml", "vips", "internal")


def test_what_kolla_is_given_is_shown_without_secrets(cloud: SiteFolder) -> None:
    set_values(cloud, nova_compute_virt_type="qemu")
    shown = cloud.groundplane("openstack", "config", "--json")
    assert shown.code == 0, str(shown)
    assert json.loads(shown.out)
    assert "qemu" in shown.out
    assert "203.0.113.250" in shown.out
    password = cloud.groundplane("secrets", "show", "--reveal", "keystone_admin_password")
    assert password.code == 0, str(password)
    assert password.out.strip() not in shown.out
