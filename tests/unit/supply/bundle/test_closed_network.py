"""A manager's own settings in a closed network."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from groundplane.errors import InputError
from groundplane.supply.bundle.closed_network import SETTINGS, settle

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text('NAME="Debian"\nVERSION_CODENAME=trixie\n', encoding="utf-8")
    return tmp_path


def test_apt_pip_and_uv_take_what_was_loaded(root: Path, tmp_path: Path) -> None:
    current = tmp_path / "bundles/current"
    settled = settle(current, ["trixie"], root=root, start=False)
    assert settled.left == ()
    sources = (root / "etc/apt/sources.list.d/groundplane-bundle.sources").read_text(encoding="utf-8")
    assert f"URIs: file:{current}/debian\nSuites: trixie trixie-updates" in sources
    assert f"URIs: file:{current}/debian-security\nSuites: trixie-security" in sources
    assert sources.count("Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg") == 2
    uv = tomllib.loads((root / "etc/uv/uv.toml").read_text(encoding="utf-8"))
    assert uv == {"no-index": True, "find-links": [f"{current}/wheels"]}
    unit = (root / "etc/systemd/system/groundplane-bundle.service").read_text(encoding="utf-8")
    assert f"--directory {current}" in unit
    assert settle(current, ["trixie"], root=root, start=False) == settled


def test_settings_that_somebody_made_stay(root: Path, tmp_path: Path) -> None:
    (root / "etc/pip.conf").write_text("[global]\nindex-url = https://mirror.example.org/simple\n", encoding="utf-8")
    settled = settle(tmp_path / "current", ["trixie"], root=root, start=False)
    assert settled.left == (root / "etc/pip.conf",)
    assert "mirror.example.org" in (root / "etc/pip.conf").read_text(encoding="utf-8")


def test_a_bundle_for_another_debian_is_refused_before_anything_is_written(root: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="trixie") as found:
        settle(tmp_path / "current", ["bookworm"], root=root, start=False)
    assert "--suite trixie" in found.value.cure
    assert not (root / "etc/uv").exists()


def test_hosts_settings_are_yaml_of_variables_that_exist() -> None:
    import yaml  # noqa: PLC0415

    assert set(yaml.safe_load(SETTINGS)) == {
        "packages_apt_mirror",
        "packages_apt_settings_extra",
        "firewall_rules_bundle",
    }
