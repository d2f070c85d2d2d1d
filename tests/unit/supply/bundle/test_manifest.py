"""The signed list of files."""

from __future__ import annotations

import json

import pytest

from groundplane.errors import InputError
from groundplane.supply.bundle.manifest import component_of, read_manifest, write_manifest
from tests.unit.supply.bundle.made import manifest_of, some_items


def test_a_manifest_is_read_as_it_was_written() -> None:
    manifest = manifest_of(some_items(), held=["wheels/foo-1.0-py3-none-any.whl"])
    text = write_manifest(manifest)
    assert read_manifest(text, "x") == manifest
    assert write_manifest(read_manifest(text, "x")) == text


def test_each_file_stands_on_a_line_of_its_own_for_sed() -> None:
    lines = write_manifest(manifest_of(some_items())).decode().splitlines()
    (line,) = [line for line in lines if "InRelease" in line]
    assert line.startswith('  "debian/dists/trixie/InRelease": {"bytes": 17, "sha256": "')


@pytest.mark.parametrize(
    "path", ["../etc/passwd", "/etc/passwd", "a//b", "a/../b", "a/.b", ".", "a b", 'a"b', "a\nb", "manifest.json", "a/"]
)
def test_a_path_that_leads_out_of_the_bundle_is_refused(path: str) -> None:
    data = json.loads(write_manifest(manifest_of(some_items())))
    data["files"][path] = {"bytes": 1, "sha256": "0" * 64}
    with pytest.raises(InputError, match="wrong"):
        read_manifest(json.dumps(data).encode(), "x")


def test_an_unknown_format_says_which_toolkit_to_use() -> None:
    data = json.loads(write_manifest(manifest_of(some_items())))
    with pytest.raises(InputError, match="format 2") as found:
        read_manifest(json.dumps({**data, "format": 2}).encode(), "x")
    assert "sh install" in found.value.cure


@pytest.mark.parametrize("text", [b"{", b"[]", b'{"kind": "else"}', b"\xff"])
def test_what_is_no_manifest_is_told(text: bytes) -> None:
    with pytest.raises(InputError, match="bundle"):
        read_manifest(text, "x")


def test_components_are_the_first_folder() -> None:
    assert component_of("debian-security/pool/x.deb") == "debian-security"
    assert component_of("install") == "installer"
    assert component_of("strange/x") == "installer"
