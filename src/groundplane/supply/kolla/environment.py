"""The pinned kolla-build, in an environment of its own: what it needs stays apart from the toolkit."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.errors import FailedError, InputError, Place
from groundplane.machine.base_image import build_lock
from groundplane.machine.host_commands import run_command
from groundplane.runtime.installer import find_installer, install, installer_words
from groundplane.supply.cache_entries import note_use

if TYPE_CHECKING:
    from groundplane.content import Content
    from groundplane.site.release import OpenStackPin, Release


@dataclass(frozen=True, slots=True)
class KollaEnvironment:
    """`folder` is a virtual environment; `digest` says what went in, as 16 hex digits."""

    folder: Path
    digest: str

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def program(self) -> Path:
        return self.folder / "bin" / "kolla-build"

    @property
    def templates(self) -> Path:
        """Kolla's own Dockerfile templates, a folder an image."""
        return self.folder / "share" / "kolla" / "docker"

    @property
    def repositories(self) -> Path:
        """The third-party repositories that its templates know."""
        return next(iter(sorted(self.folder.glob("lib/python*/site-packages/kolla/template/repos.yaml"))))


def openstack_pin(release: Release, content: Content) -> OpenStackPin:
    """The release's OpenStack.

    Raises:
        InputError: the release has none.
    """
    if release.openstack is None:
        raise InputError(
            f"Release {release.name} pins no OpenStack, so Kolla has nothing to build",
            cure="Choose a release with a block `openstack`, or leave OpenStack's layers out.",
            place=Place(content.releases / f"{release.name}.yml"),
        )
    return release.openstack


def kolla_environment(release: Release, content: Content, *, cache: Path) -> KollaEnvironment:
    """Where the release's kolla is, or would be.

    Raises:
        InputError: the release pins no OpenStack; its locked requirements are missing.
    """
    requirements = _requirements(release, content)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    digest = hashlib.sha256(requirements.read_bytes() + python.encode()).hexdigest()[:16]
    return KollaEnvironment(cache / "images" / "kolla" / "environments" / f"{release.name}-{digest}", digest)


def ensure_kolla(release: Release, content: Content, *, cache: Path, fresh: bool = False) -> KollaEnvironment:
    """The release's kolla, installed by checksum; made once and reused.

    Raises:
        InputError: the release pins no OpenStack; its locked requirements are missing; uv is missing.
        FailedError: a download or a checksum failed; the log is beside the folder.
    """
    environment = kolla_environment(release, content, cache=cache)
    if fresh or not environment.program.is_file():
        with build_lock(environment.folder.parent, release.name):
            if fresh or not environment.program.is_file():
                _make(environment, _requirements(release, content), release.name, cache)
    note_use(environment.folder)
    return environment


def _requirements(release: Release, content: Content) -> Path:
    pin = openstack_pin(release, content)
    requirements = content.releases / pin.kolla_requirements
    if not requirements.is_file():
        raise InputError(
            f"Release {release.name} names {pin.kolla_requirements}, which is not there",
            cure=f"Put kolla's locked requirements at {requirements}.",
            place=Place(content.releases / f"{release.name}.yml"),
        )
    return requirements


def _make(environment: KollaEnvironment, requirements: Path, name: str, cache: Path) -> None:
    installer = find_installer(cache)
    doing = f"Installing kolla for release {name}"
    log = environment.folder.with_name(f"{environment.folder.name}.log")
    log.unlink(missing_ok=True)
    work = Path(tempfile.mkdtemp(dir=environment.folder.parent, prefix=".new-"))
    try:
        base = f"{sys.base_prefix}/bin/python{sys.version_info.major}.{sys.version_info.minor}"
        words = [*installer_words(installer, cache), "venv", "--quiet", "--relocatable", "--allow-existing"]
        run_command([*words, "--python", base, str(work)], doing=doing, log=log)
        install(installer, ["--python", str(work / "bin" / "python")], requirements, cache=cache, log=log, doing=doing)
        work.chmod(0o755)
        shutil.rmtree(environment.folder, ignore_errors=True)
        # Renamed when it is whole, so that a build that was killed leaves nothing that looks like one.
        os.replace(work, environment.folder)  # noqa: PTH105 - a folder is renamed whole
    except OSError as error:
        raise FailedError(f"{doing} failed", why=str(error)) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
