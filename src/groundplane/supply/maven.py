"""Archives from a Maven repository, over plain HTTP: no Maven is needed, and no repository's address stands here.

The repository is the site's mirror, else the mirror of `central` in Maven's settings on this machine, else the one
that Maven itself asks: every Maven carries it in its super POM (Maven's reference, Maven Model Builder).
"""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from groundplane.errors import FailedError, GroundplaneError, InputError, Place
from groundplane.files import write_atomically
from groundplane.machine.host_commands import run_command
from groundplane.supply.download import download

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundplane.site.release import MavenPin
    from groundplane.supply.mirrors import Mirrors

CENTRAL = "central"
SUPER_POM = "org/apache/maven/model/pom-4.0.0.xml"
MODEL_BUILDER = "maven-model-builder"
MAVEN_PACKAGE = "libmaven3-core-java"
"""Debian's package with Maven's model builder."""

SYSTEM_SETTINGS = Path("/etc/maven/settings.xml")
INSTALLED = (Path("/usr/share/maven/lib"), Path("/usr/share/java"))


def fetch_maven_archive(pin: MavenPin, *, cache: Path, mirrors: Mirrors) -> Path:
    """The archive in the cache, checked; fetched only where it isn't there.

    Raises:
        InputError: Maven's settings can't be read.
        FailedError: the repository can't be reached or doesn't have it, it was cut short, its checksum differs.
    """
    name = archive_name(pin)
    repository = mirrors.maven or find_repository(cache)
    return download(
        f"{repository.rstrip('/')}/{pin.group.replace('.', '/')}/{pin.artifact}/{pin.version}/{name}",
        cache / "images" / "archives" / pin.sha256 / name,
        sha256=pin.sha256,
        what=f"{pin.artifact} {pin.version}",
        certificates=mirrors.certificates,
    )


def archive_name(pin: MavenPin) -> str:
    """The file's name in every Maven repository."""
    return f"{pin.artifact}-{pin.version}.{pin.packaging}"


def find_repository(
    cache: Path, *, settings: Sequence[Path] | None = None, installed: Sequence[Path] = INSTALLED
) -> str:
    """What a Maven on this machine would ask for `central`.

    Args:
        settings: Maven's settings files, the user's before the system's; their usual places where None.
        installed: folders in which a Maven's jars lie.

    Raises:
        InputError: a settings file isn't XML.
        FailedError: there's no Maven here, and Debian's can't be fetched.
    """
    for path in settings if settings is not None else (Path.home() / ".m2" / "settings.xml", SYSTEM_SETTINGS):
        if path.is_file():
            mirror = settings_mirror(path)
            if mirror is not None:
                return mirror
    for folder in installed:
        for jar in sorted(folder.glob(f"{MODEL_BUILDER}*.jar")):
            found = super_pom_repository(_super_pom(jar))
            if found is not None:
                return found
    kept = cache / "images" / "archives" / "maven-super-pom.xml"
    if not kept.is_file():
        write_atomically(kept, _debian_super_pom())
    found = super_pom_repository(kept.read_bytes())
    if found is None:
        kept.unlink()
        raise _no_repository(f"Debian's {MAVEN_PACKAGE} names no repository '{CENTRAL}'")
    return found


def settings_mirror(path: Path) -> str | None:
    """The mirror of `central` in a settings.xml, None where it has none.

    Raises:
        InputError: it can't be read, or isn't XML.
    """
    try:
        root = ET.fromstring(path.read_bytes())  # noqa: S314 - the person's own file, which Maven trusts too
    except ET.ParseError as wrong:
        raise InputError(
            "Maven's settings are not well-formed XML",
            why=str(wrong),
            cure="Put the file right, or name the repository in site.yml (images.mirrors.maven).",
            place=Place(path, wrong.position[0], wrong.position[1] + 1),
        ) from wrong
    except OSError as error:
        raise InputError(f"{path} can't be read", why=error.strerror or "", cure=f"ls -l {path}") from error
    for mirror in root.iterfind("{*}mirrors/{*}mirror"):
        url = (mirror.findtext("{*}url") or "").strip()
        blocked = (mirror.findtext("{*}blocked") or "").strip() == "true"
        if url and not blocked and mirrors_central(mirror.findtext("{*}mirrorOf") or ""):
            return url.rstrip("/")
    return None


def mirrors_central(pattern: str) -> bool:
    """Whether a `mirrorOf` covers `central` (Maven's guide to mirror settings)."""
    words = [word.strip() for word in pattern.split(",")]
    return f"!{CENTRAL}" not in words and any(word in (CENTRAL, "*", "external:*") for word in words)


def super_pom_repository(text: bytes) -> str | None:
    """The address of `central` in a super POM."""
    try:
        root = ET.fromstring(text)  # noqa: S314 - comes out of Maven's own jar
    except ET.ParseError:
        return None
    for repository in root.iterfind("{*}repositories/{*}repository"):
        if (repository.findtext("{*}id") or "").strip() == CENTRAL:
            return (repository.findtext("{*}url") or "").strip().rstrip("/") or None
    return None


def _super_pom(jar: Path) -> bytes:
    try:
        with zipfile.ZipFile(jar) as archive:
            return archive.read(SUPER_POM)
    except (OSError, KeyError, zipfile.BadZipFile):
        return b""


def _debian_super_pom() -> bytes:
    doing = f"Asking Debian's {MAVEN_PACKAGE} for Maven's repository"
    with tempfile.TemporaryDirectory(prefix="groundplane-maven-") as name:
        folder = Path(name)
        # apt's own user writes there.
        folder.chmod(0o777)
        try:
            run_command(["env", "-C", name, "apt-get", "-q", "download", MAVEN_PACKAGE], doing=doing, timeout=300)
            package = next(folder.glob("*.deb"))
            run_command(["dpkg-deb", "--extract", str(package), str(folder / "tree")], doing=doing)
            jars = sorted((folder / "tree").rglob(f"{MODEL_BUILDER}*.jar"))
            return next(text for text in map(_super_pom, jars) if text)
        except GroundplaneError as failed:
            raise _no_repository(failed.why or failed.what) from failed
        except StopIteration as missing:
            raise _no_repository(f"{MAVEN_PACKAGE} has no {SUPER_POM}") from missing


def _no_repository(why: str) -> FailedError:
    return FailedError(
        "No Maven repository is known on this machine",
        why=why,
        cure="Name one in site.yml (images.mirrors.maven), or run apt-get update if apt knows no packages yet.",
    )
