"""Ansible's collections for kolla-toolbox, out of wheels on the Python package index: no Galaxy is asked.

Kolla's requirements.yml says which collections and within which bounds; `collections.yml` beside the template overrides
pins the wheels that hold them.
"""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import TypeAdapter, ValidationError

from groundplane.errors import FailedError, InputError, Place
from groundplane.runtime.version_range import fits
from groundplane.site.release import PackagePin

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PINS = "collections.yml"
ROOT = "ansible_collections"
UNNEEDED = ("tests", "docs", "changelogs", ".github", ".azure-pipelines")
"""Folders of a collection that nothing runs."""


@dataclass(frozen=True, slots=True)
class WantedCollection:
    """NAMESPACE.NAME and a version specifier, which may be empty."""

    name: str
    version: str

    @property
    def folder(self) -> str:
        return f"{ROOT}/{self.name.replace('.', '/')}/"


def read_wanted(requirements: Path) -> list[WantedCollection]:
    """The collections of Kolla's requirements.yml."""
    content: dict[str, Any] = yaml.safe_load(requirements.read_text(encoding="utf-8")) or {}
    return [WantedCollection(str(item["name"]), str(item.get("version", ""))) for item in content["collections"]]


def read_pins(file: Path) -> tuple[PackagePin, ...]:
    """The pinned wheels.

    Raises:
        InputError: the file is missing or is no list of pins.
    """
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        return TypeAdapter(tuple[PackagePin, ...]).validate_python(content)
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise InputError(
            f"The pins of Ansible's collections can't be read: {file}",
            why=str(error).splitlines()[0],
            cure="It is a list of package, version and sha256.",
            place=Place(file),
        ) from error


def collections_archive(wanted: Sequence[WantedCollection], wheels: Sequence[Path]) -> bytes:
    """A tar with collections/ansible_collections, the same bytes for the same input.

    Raises:
        FailedError: no wheel holds a collection within its bounds, or a wheel can't be read.
    """
    target = io.BytesIO()
    opened: list[zipfile.ZipFile] = []
    try:
        opened = [zipfile.ZipFile(wheel) for wheel in wheels]
        with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for collection in sorted(wanted, key=lambda item: item.name):
                _add(tar, collection, opened)
    except (zipfile.BadZipFile, OSError) as error:
        raise FailedError(
            "A wheel with Ansible's collections can't be read",
            why=str(error),
            cure=f"Remove {', '.join(map(str, wheels))}, so that they are fetched again.",
        ) from error
    finally:
        for archive in opened:
            archive.close()
    return target.getvalue()


def _add(tar: tarfile.TarFile, collection: WantedCollection, wheels: Sequence[zipfile.ZipFile]) -> None:
    seen = []
    for wheel in wheels:
        names = [name for name in wheel.namelist() if name.startswith(collection.folder) and not name.endswith("/")]
        if not names:
            continue
        manifest = json.loads(wheel.read(f"{collection.folder}MANIFEST.json"))
        version = str(manifest["collection_info"]["version"])
        if not fits(version, collection.version):
            seen.append(version)
            continue
        for name in sorted(names):
            if name.removeprefix(collection.folder).split("/")[0] in UNNEEDED:
                continue
            member = tarfile.TarInfo(f"collections/{name}")
            data = wheel.read(name)
            member.size, member.mode = len(data), 0o644
            tar.addfile(member, io.BytesIO(data))
        return
    raise FailedError(
        f"No pinned wheel holds the Ansible collection {collection.name} {collection.version}".rstrip(),
        why=f"they hold {', '.join(seen)}" if seen else "",
        cure=f"Pin a release of the package 'ansible' that has it in {PINS}.",
    )
