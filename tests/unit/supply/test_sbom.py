"""Bills of materials, held against CycloneDX's own schema."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from groundplane.supply.model import ImageRecord, Package
from groundplane.supply.sbom import read_sbom, sbom, write_sbom
from tests.unit.supply.lock_samples import record

if TYPE_CHECKING:
    from pathlib import Path


def _record() -> ImageRecord:
    found = record(
        "keycloak",
        "base",
        python={"pyyaml": "6.0.2"},
        java={"org.example:core": "1.0", "loose": "2"},
        archives={"keycloak-26.7.3.tar.gz": "ab" * 32},
    )
    libc = Package("libc6", "1:2.41+b1", "amd64", "glibc")
    return replace(found, debian=(libc, Package("adduser", "3.152", "all")))


def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(sbom(_record()))
    return document


def test_it_is_what_the_schema_of_1_6_asks_for() -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(sbom(_record())) is None
    assert _document()["specVersion"] == "1.6"


def test_every_package_has_its_url() -> None:
    urls = {component.get("purl") for component in _document()["components"]}
    assert urls >= {
        "pkg:deb/debian/libc6@1:2.41%2Bb1?arch=amd64&distro=debian-13&upstream=glibc",
        "pkg:deb/debian/adduser@3.152?arch=all&distro=debian-13",
        "pkg:pypi/pyyaml@6.0.2",
        "pkg:maven/org.example/core@1.0",
        "pkg:maven/loose@2",
    }


def test_the_image_is_the_subject_and_depends_on_all_of_it() -> None:
    found, document = _record(), _document()
    subject = document["metadata"]["component"]
    assert (subject["type"], subject["name"], subject["version"]) == ("container", "keycloak", found.tag)
    assert subject["hashes"] == [{"alg": "SHA-256", "content": found.digest.removeprefix("sha256:")}]
    (about,) = [entry for entry in document["dependencies"] if entry["ref"] == subject["bom-ref"]]
    assert len(about["dependsOn"]) == len(document["components"]) == 6


def test_source_archives_are_in_it_with_their_checksums() -> None:
    (file,) = [component for component in _document()["components"] if component["type"] == "file"]
    assert (file["name"], file["hashes"][0]["content"]) == ("keycloak-26.7.3.tar.gz", "ab" * 32)


def test_the_same_image_has_the_same_text_and_another_one_another_serial_number() -> None:
    assert sbom(_record()) == sbom(_record())
    other = json.loads(sbom(replace(_record(), digest=f"sha256:{'1' * 64}")))
    assert other["serialNumber"] != _document()["serialNumber"]


def test_a_deleted_one_is_made_again_from_the_record(tmp_path: Path) -> None:
    found = _record()
    path = tmp_path / "images/sboms" / f"keycloak-{found.tag}.cdx.json"
    write_sbom(found, path)
    written = path.read_text(encoding="utf-8")
    path.unlink()
    assert read_sbom(tmp_path, found) == written
