"""Collections for kolla-toolbox come from pinned wheels the bounds that Kolla sets."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from groundplane.errors import FailedError, InputError
from groundplane.supply.kolla.collections import (
    WantedCollection,
    collections_archive,
    read_pins,
    read_wanted,
)

if TYPE_CHECKING:
    from pathlib import Path


def _wheel(path: Path, collections: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as wheel:
        for name, version in collections.items():
            folder = f"ansible_collections/{name.replace('.', '/')}"
            wheel.writestr(f"{folder}/MANIFEST.json", json.dumps({"collection_info": {"version": version}}))
            wheel.writestr(f"{folder}/plugins/modules/thing.py", "x")
            wheel.writestr(f"{folder}/tests/unit/test.py", "x")
    return path


def _names(data: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return tar.getnames()


def test_each_is_taken_from_the_first_wheel_that_has_it_within_bounds(tmp_path: Path) -> None:
    new = _wheel(tmp_path / "new.whl", {"community.general": "13.0.0"})
    old = _wheel(tmp_path / "old.whl", {"community.general": "12.6.2", "openvswitch.openvswitch": "2.1.1"})
    wanted = [WantedCollection("openvswitch.openvswitch", "<3"), WantedCollection("community.general", "<13")]
    made = collections_archive(wanted, [new, old])
    folder = "collections/ansible_collections"
    assert _names(made) == [
        f"{folder}/community/general/MANIFEST.json",
        f"{folder}/community/general/plugins/modules/thing.py",
        f"{folder}/openvswitch/openvswitch/MANIFEST.json",
        f"{folder}/openvswitch/openvswitch/plugins/modules/thing.py",
    ]
    assert made == collections_archive(list(reversed(wanted)), [new, old])


def test_a_collection_that_no_wheel_has_is_named_with_what_there_is(tmp_path: Path) -> None:
    wheel = _wheel(tmp_path / "a.whl", {"openstack.cloud": "3.0.0"})
    with pytest.raises(FailedError) as failed:
        collections_archive([WantedCollection("openstack.cloud", "<3")], [wheel])
    assert failed.value.what == "No pinned wheel holds the Ansible collection openstack.cloud <3"
    assert "3.0.0" in failed.value.why


def test_a_wheel_that_is_none_is_an_error_with_a_cure(tmp_path: Path) -> None:
    wheel = tmp_path / "a.whl"
    wheel.write_bytes(b"nothing")
    with pytest.raises(FailedError, match="can't be read"):
        collections_archive([], [wheel])


def test_what_kolla_wants(tmp_path: Path) -> None:
    file = tmp_path / "requirements.yml"
    file.write_text("collections:\n  - name: ansible.posix\n    version: '<3'\n  - name: a.b\n")
    assert read_wanted(file) == [WantedCollection("ansible.posix", "<3"), WantedCollection("a.b", "")]


def test_pins_that_are_none_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "collections.yml"
    with pytest.raises(InputError, match="can't be read"):
        read_pins(file)
    file.write_text("- package: ansible\n")
    with pytest.raises(InputError, match="can't be read"):
        read_pins(file)
    file.write_text(f"- {{package: ansible, version: '1', sha256: {'a' * 64}}}\n")
    assert [pin.version for pin in read_pins(file)] == ["1"]
