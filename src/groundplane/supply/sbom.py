"""An image's bill of materials: CycloneDX 1.6 as JSON, the same bytes for the same image.

Package URLs follow the types deb, pypi and maven of the purl specification.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from groundplane.errors import InputError
from groundplane.files import write_atomically
from groundplane.supply.records import sbom_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component

    from groundplane.supply.model import ImageRecord, Package

_NAMESPACE = uuid.UUID("6c9a7a0e-3a52-5d0c-9b5d-3f3b8f0f6a51")
"""Serial numbers are UUIDs of version 5 below this one."""
_VERSIONS = {"bullseye": "11", "bookworm": "12", "trixie": "13", "forky": "14"}
"""Debian's suites as `distro` names them: debian-13."""


def write_sbom(record: ImageRecord, path: Path) -> None:
    """Writes the bill of materials of the image that the record is about.

    Raises:
        FailedError: the file can't be written.
    """
    write_atomically(path, sbom(record))


def read_sbom(cache: Path, record: ImageRecord) -> str:
    """The image's bill of materials as written after its build; made from the record where the file was deleted.

    Raises:
        InputError: the file can't be read.
    """
    path = sbom_path(cache, record.name, record.tag)
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return sbom(record)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"The bill of materials of {record.name} can't be read",
            why=str(error),
            cure=f"Remove it, it is made again from the build's record: rm {path}",
        ) from error


def sbom(record: ImageRecord) -> str:
    """The document as JSON text.

    Its subject is the image (type container, version RELEASE-IDENTITY, the manifest's digest as its hash and purl).
    Serial number and timestamp come from the digest and the build: the same record gives the same text.
    """
    from cyclonedx.output.json import JsonV1Dot6  # noqa: PLC0415 - 0.2 s that no other command should wait for

    return JsonV1Dot6(_bom(record)).output_as_string(indent=1) + "\n"


def _bom(record: ImageRecord) -> Bom:
    from cyclonedx.model import HashAlgorithm, HashType, Property  # noqa: PLC0415
    from cyclonedx.model.bom import Bom, BomMetaData  # noqa: PLC0415
    from cyclonedx.model.component import Component, ComponentType  # noqa: PLC0415
    from cyclonedx.model.tool import ToolRepository  # noqa: PLC0415
    from packageurl import PackageURL  # noqa: PLC0415

    from groundplane import __version__  # noqa: PLC0415

    properties = {
        "groundplane:release": record.release,
        "groundplane:identity": record.identity,
        "groundplane:suite": record.suite,
        "groundplane:image_id": record.image_id,
    }
    if record.parent is not None:
        properties["groundplane:parent"] = record.parent
    image = Component(
        type=ComponentType.CONTAINER,
        bom_ref=f"image:{record.name}",
        name=record.name,
        version=record.tag,
        purl=PackageURL("oci", None, record.name, record.digest, {"tag": record.tag}),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=record.digest.removeprefix("sha256:"))],
        properties=[Property(name=name, value=value) for name, value in properties.items()],
    )
    components = list(_components(record))
    bom = Bom(
        components=components,
        serial_number=uuid.uuid5(_NAMESPACE, f"{record.name}@{record.digest}"),
        metadata=BomMetaData(
            component=image,
            timestamp=_moment(record.built_at),
            tools=ToolRepository(
                components=[Component(type=ComponentType.APPLICATION, name="groundplane", version=__version__)]
            ),
        ),
    )
    bom.register_dependency(image, components)
    return bom


def _components(record: ImageRecord) -> Iterator[Component]:
    from cyclonedx.model import HashAlgorithm, HashType  # noqa: PLC0415
    from cyclonedx.model.component import Component, ComponentType  # noqa: PLC0415
    from packageurl import PackageURL  # noqa: PLC0415

    def library(package: Package, group: str | None, name: str, url: PackageURL) -> Component:
        return Component(
            type=ComponentType.LIBRARY,
            bom_ref=url.to_string(),
            name=name,
            group=group,
            version=package.version,
            purl=url,
        )

    for package in record.debian:
        qualifiers = {"arch": package.architecture, "distro": _distro(record.suite), "upstream": package.source}
        filled = {key: value for key, value in qualifiers.items() if value}
        url = PackageURL("deb", "debian", package.name, package.version, filled)
        yield library(package, None, package.name, url)
    for package in record.python:
        yield library(package, None, package.name, PackageURL("pypi", None, package.name, package.version))
    for package in record.java:
        group, _, name = package.name.rpartition(":")
        url = PackageURL("maven", group or None, name, package.version)
        yield library(package, group or None, name, url)
    for file, checksum in sorted(record.archives.items()):
        yield Component(
            type=ComponentType.FILE,
            bom_ref=f"archive:{file}",
            name=file,
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=checksum)],
        )


def _distro(suite: str) -> str:
    return f"debian-{_VERSIONS[suite]}" if suite in _VERSIONS else suite


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
