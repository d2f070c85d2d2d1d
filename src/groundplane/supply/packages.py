"""Which packages an image holds, read from the files that package managers leave behind; nothing in it is executed.

Sources: deb-control(5) for dpkg's status file, "Core metadata specifications" of the Python packaging guide, and
Maven's archiver (META-INF/maven/…/pom.properties) for jars.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundplane.supply.model import Package

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_STATUS = "var/lib/dpkg/status"
_STATUS_FOLDER = "var/lib/dpkg/status.d"
"""Where images without dpkg keep a paragraph a package."""
_OWNED = "var/lib/dpkg/info"
_PYTHON_FOLDERS = (
    "usr/lib/python3*/dist-packages",
    "usr/local/lib/python3*/dist-packages",
    "usr/local/lib/python3*/site-packages",
    "usr/local/lib/*",
    "var/lib/kolla/venv/lib/python3*/site-packages",
    "opt/*/lib/python3*/site-packages",
    "opt/*/*/lib/python3*/site-packages",
)
_JAVA_FOLDERS = ("opt", "usr/local/share")
_PYTHON_METADATA = ("*.dist-info/METADATA", "*.egg-info/PKG-INFO", "*.egg-info")
_INSTALLED = " installed"
_JAR = re.compile(r"^(?P<name>.+?)-(?P<version>\d[\w.+-]*)\.jar$")
_POM = re.compile(r"^META-INF/maven/[^/]+/[^/]+/pom\.properties$")
_GROUP = re.compile(r"^[a-z][\w-]*(\.[\w-]+)+$")
_LARGEST_POM = 64 * 1024


@dataclass(frozen=True, slots=True)
class PackagesFound:
    """What an image holds; each sorted by name and version, nothing twice."""

    debian: tuple[Package, ...] = ()
    python: tuple[Package, ...] = ()
    java: tuple[Package, ...] = ()


def read_packages(root: Path) -> PackagesFound:
    """The packages below the folder `root`, an image's file system.

    debian: everything that dpkg calls installed. python: distributions in the image's Python paths, names normalised
    (PEP 503), without those that a Debian package brought, because that one stands for them. java: jars as GROUP:NAME,
    or NAME where the group is unknown. Links that lead out of `root` aren't followed.
    """
    return PackagesFound(
        debian=_sorted(_debian(root)),
        python=_sorted(_python(root)),
        java=_sorted(_java(root)),
    )


def normalised(name: str) -> str:
    """A Python distribution's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _sorted(packages: Iterable[Package]) -> tuple[Package, ...]:
    return tuple(sorted(set(packages), key=lambda package: (package.name, package.version, package.architecture)))


def _debian(root: Path) -> Iterator[Package]:
    for file in (root / _STATUS, *sorted((root / _STATUS_FOLDER).glob("*"))):
        if not _inside(file, root):
            continue
        for paragraph in file.read_text(encoding="utf-8", errors="replace").split("\n\n"):
            fields = _fields(paragraph.splitlines())
            # Paragraphs in status.d have no Status: being there is being installed.
            if "Package" in fields and fields.get("Status", _INSTALLED).endswith(_INSTALLED):
                yield Package(
                    fields["Package"],
                    fields.get("Version", ""),
                    fields.get("Architecture", ""),
                    # "glibc (2.41-12)" where the versions differ, too.
                    source=fields.get("Source", "").partition(" ")[0],
                )


def _fields(lines: Iterable[str]) -> dict[str, str]:
    """The fields of the first paragraph, without continuation lines."""
    found: dict[str, str] = {}
    for line in lines:
        if not line.strip():
            break
        name, colon, value = line.partition(":")
        if colon and not line[0].isspace():
            found.setdefault(name, value.strip())
    return found


def _python(root: Path) -> Iterator[Package]:
    owned: set[str] | None = None
    for pattern in _PYTHON_FOLDERS:
        for folder in sorted(root.glob(pattern)):
            for file in (found for name in _PYTHON_METADATA for found in folder.glob(name)):
                if not _inside(file, root):
                    continue
                if owned is None:
                    owned = _owned_by_dpkg(root)
                if f"/{file.relative_to(root)}" in owned:
                    continue
                with file.open(encoding="utf-8", errors="replace") as lines:
                    fields = _fields(lines)
                if "Name" in fields and "Version" in fields:
                    yield Package(normalised(fields["Name"]), fields["Version"])


def _owned_by_dpkg(root: Path) -> set[str]:
    """Paths of Python metadata that came with Debian packages."""
    return {
        line
        for file in (root / _OWNED).glob("*.list")
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines()
        if line.endswith((".dist-info/METADATA", ".egg-info/PKG-INFO", ".egg-info"))
    }


def _java(root: Path) -> Iterator[Package]:
    for name in _JAVA_FOLDERS:
        for file in sorted((root / name).rglob("*.jar")):
            if _inside(file, root):
                yield from _jar(file)


def _jar(file: Path) -> Iterator[Package]:
    """The jar's own Maven coordinates; a jar with several is a bundle of them. By its name where it says nothing."""
    poms: list[Package] = []
    try:
        with zipfile.ZipFile(file) as jar:
            for entry in jar.infolist():
                if _POM.match(entry.filename) and entry.file_size <= _LARGEST_POM:
                    values = dict(
                        line.split("=", 1)
                        for line in jar.read(entry).decode(errors="replace").splitlines()
                        if "=" in line and not line.startswith("#")
                    )
                    if values.get("artifactId") and values.get("version"):
                        named = ":".join(filter(None, (values.get("groupId"), values["artifactId"])))
                        poms.append(Package(named.strip(), values["version"].strip()))
    except (zipfile.BadZipFile, NotImplementedError, OSError):
        poms = []
    yield from poms
    match = _JAR.match(file.name)
    if match is None or poms:
        return
    # Quarkus writes GROUP.NAME-VERSION.jar; where the group ends can't be told, and the last dot is the best guess.
    name = match["name"]
    if _GROUP.match(name):
        group, _, name = name.rpartition(".")
        name = f"{group}:{name}"
    yield Package(name, match["version"])


def _inside(file: Path, root: Path) -> bool:
    """Whether it is a file of the image: an absolute link would lead to this machine's own."""
    return file.is_file() and file.resolve().is_relative_to(root.resolve())
