from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import yaml

from groundplane.content import Content, toolkit_content
from groundplane.errors import InputError
from groundplane.site.kolla.services import read_services
from groundplane.site.release import Release

if TYPE_CHECKING:
    from pathlib import Path


def release(name: str) -> Release:
    return Release.model_validate(yaml.safe_load((toolkit_content().releases / f"{name}.yml").read_text()))


@pytest.mark.parametrize("name", ["2025.1", "2026.1"])
def test_every_release_knows_its_services(name: str) -> None:
    pinned = release(name)
    services = read_services(pinned, toolkit_content())
    assert pinned.openstack is not None
    assert services.kolla_ansible == pinned.openstack.kolla_ansible
    assert services.services["keystone"].containers["keystone"].image == "keystone"
    assert "enable_heat" in services.switches


def test_services_of_another_kolla_ansible_are_refused(tmp_path: Path) -> None:
    shutil.copytree(toolkit_content().images / "kolla" / "2026.1", tmp_path / "images" / "kolla" / "2026.1")
    pinned = release("2026.1")
    assert pinned.openstack is not None
    newer = pinned.model_copy(update={"openstack": pinned.openstack.model_copy(update={"kolla_ansible": "22.3.0"})})
    with pytest.raises(InputError, match=r"is of kolla-ansible 22\.2\.0, the release pins 22\.3\.0"):
        read_services(newer, replace(toolkit_content(), root=tmp_path))


def test_a_missing_file_says_what_makes_it(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_services(release("2026.1"), Content(tmp_path))
    assert "scripts/lock" in caught.value.cure


def test_a_release_without_openstack_says_so() -> None:
    with pytest.raises(InputError, match="pins no OpenStack"):
        read_services(release("2026.1").model_copy(update={"openstack": None}), toolkit_content())
