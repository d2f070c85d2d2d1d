"""The releases of this toolkit, as files that have to fit each other."""

from __future__ import annotations

import re

import pytest
import yaml

from groundplane.content import toolkit_content
from groundplane.site.release import Release

FOLDER = toolkit_content().releases
NAMES = sorted(path.stem for path in FOLDER.glob("*.yml"))
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[a-z,0-9]+\])?={2,3}([^\s;\\]+)", re.MULTILINE)


def release(name: str) -> Release:
    return Release.model_validate(yaml.safe_load((FOLDER / f"{name}.yml").read_text()))


def pins(name: str) -> dict[str, str]:
    return dict(PIN.findall((FOLDER / name).read_text()))


def test_the_releases_that_an_upgrade_goes_between() -> None:
    assert {"2025.1", "2026.1"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_release_says_its_own_name_and_quotes_its_versions(name: str) -> None:
    # 2026.10 unquoted would be the number 2026.1.
    assert release(name).name == name


@pytest.mark.parametrize("name", NAMES)
def test_the_locks_have_what_the_release_pins(name: str) -> None:
    found = release(name)
    assert found.openstack is not None
    runtime = pins(found.runtime.requirements)
    assert runtime["ansible-core"] == found.runtime.ansible_core
    assert runtime["kolla-ansible"] == found.openstack.kolla_ansible
    assert runtime["ansible"] == found.versions["ansible"]
    assert pins(found.openstack.kolla_requirements)["kolla"] == found.openstack.kolla
    if found.runtime.accelerator is not None:
        assert runtime["mitogen"] == found.runtime.accelerator.mitogen


@pytest.mark.parametrize("name", NAMES)
def test_constraints_were_made_for_the_services_that_the_release_pins(name: str) -> None:
    openstack = release(name).openstack
    assert openstack is not None
    wanted = pins(openstack.constraints.replace(".txt", ".in"))
    services = {pin.package: pin.version for pin in openstack.sources.values()}
    assert {package: wanted.get(package) for package in services} == services
    # A constraint on a service would stand against its archive.
    assert not set(services) & set(pins(openstack.constraints))


@pytest.mark.parametrize("name", NAMES)
def test_every_locked_package_has_a_checksum(name: str) -> None:
    openstack = release(name).openstack
    assert openstack is not None
    for file in (release(name).runtime.requirements, openstack.kolla_requirements):
        packages = re.split(r"\n(?=\S)", (FOLDER / file).read_text().strip())
        assert all("--hash=sha256:" in package for package in packages), file


@pytest.mark.parametrize("file", sorted(path.name for path in FOLDER.iterdir() if path.is_file()))
def test_no_file_says_where_packages_come_from(file: str) -> None:
    text = (FOLDER / file).read_text()
    assert "://" not in text
    assert "index-url" not in text.replace("--no-emit-index-url", "")


def test_the_step_to_the_next_release_keeps_rabbitmq_within_one_major_version() -> None:
    earlier, later = release("2025.1"), release("2026.1")
    assert earlier.versions["rabbitmq"].split(".")[0] == later.versions["rabbitmq"].split(".")[0]
    assert earlier.images is not None
    assert earlier.images.suites["rabbitmq"] == "trixie"
