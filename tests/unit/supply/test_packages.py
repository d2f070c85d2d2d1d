"""What is read from an image's file system."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from groundplane.supply.model import Package
from groundplane.supply.packages import normalised, read_packages

if TYPE_CHECKING:
    from pathlib import Path

STATUS = """\
Package: libc6
Status: install ok installed
Architecture: amd64
Source: glibc (2.41-12)
Version: 2.41-12
Description: GNU C Library
 A line that goes on: with a colon

Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1.0

Package: adduser
Status: install ok installed
Architecture: all
Version: 3.152
"""


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_debian_packages_are_those_that_are_installed(tmp_path: Path) -> None:
    _write(tmp_path / "var/lib/dpkg/status", STATUS)
    assert read_packages(tmp_path).debian == (
        Package("adduser", "3.152", "all"),
        Package("libc6", "2.41-12", "amd64", "glibc"),
    )


def test_an_image_without_dpkg_has_a_paragraph_a_package(tmp_path: Path) -> None:
    _write(tmp_path / "var/lib/dpkg/status.d/tzdata", "Package: tzdata\nVersion: 2026a-1\nArchitecture: all\n")
    assert read_packages(tmp_path).debian == (Package("tzdata", "2026a-1", "all"),)


def test_python_is_read_wherever_images_have_it_and_names_are_normalised(tmp_path: Path) -> None:
    venv = tmp_path / "var/lib/kolla/venv/lib/python3.13/site-packages"
    _write(
        venv / "oslo_config-10.1.0.dist-info/METADATA",
        "Metadata-Version: 2.4\nName: Oslo.Config\nVersion: 10.1.0\n\nName: of the description\n",
    )
    _write(tmp_path / "opt/ansible/lib/python3.13/site-packages/a.egg-info/PKG-INFO", "Name: a\nVersion: 1\n")
    _write(tmp_path / "usr/local/lib/python3.13/dist-packages/b.egg-info", "Name: b\nVersion: 2\n")
    assert read_packages(tmp_path).python == (Package("a", "1"), Package("b", "2"), Package("oslo-config", "10.1.0"))


def test_a_debian_package_stands_for_the_distribution_that_it_brought(tmp_path: Path) -> None:
    folder = "usr/lib/python3/dist-packages"
    _write(tmp_path / folder / "yaml.egg-info/PKG-INFO", "Name: PyYAML\nVersion: 6.0.2\n")
    _write(tmp_path / folder / "stray.dist-info/METADATA", "Name: stray\nVersion: 1\n")
    _write(tmp_path / "var/lib/dpkg/info/python3-yaml.list", f"/.\n/{folder}/yaml.egg-info/PKG-INFO\n")
    assert read_packages(tmp_path).python == (Package("stray", "1"),)


def test_jars_are_named_by_their_pom_or_their_file(tmp_path: Path) -> None:
    folder = tmp_path / "opt/keycloak/lib"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "anything.jar", "w") as jar:
        jar.writestr(
            "META-INF/maven/org.example/core/pom.properties",
            "#made\nversion=2.1\ngroupId=org.example\nartifactId=core\n",
        )
    (folder / "io.quarkus.quarkus-arc-3.27.0.jar").write_bytes(b"no zip")
    (folder / "plain-1.0.jar").write_bytes(b"")
    assert read_packages(tmp_path).java == (
        Package("io.quarkus:quarkus-arc", "3.27.0"),
        Package("org.example:core", "2.1"),
        Package("plain", "1.0"),
    )


def test_a_link_out_of_the_image_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "machine/status"
    _write(outside, STATUS)
    root = tmp_path / "image"
    (root / "var/lib/dpkg").mkdir(parents=True)
    (root / "var/lib/dpkg/status").symlink_to(outside)
    assert read_packages(root).debian == ()


def test_an_empty_image_has_no_packages(tmp_path: Path) -> None:
    found = read_packages(tmp_path)
    assert (found.debian, found.python, found.java) == ((), (), ())


def test_names_are_compared_as_indexes_do() -> None:
    assert normalised("Zope.Interface__x") == "zope-interface-x"
