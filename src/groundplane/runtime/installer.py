"""The pinned installer (uv) and how the release's locked requirements are installed with it."""

from __future__ import annotations

import hashlib
import re
import shutil
from typing import TYPE_CHECKING

from groundplane.errors import FailedError, InputError, Place
from groundplane.machine.host_commands import run_command

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.content import Content
    from groundplane.site.release import Release

INSTALL_SECONDS = 1800


def find_installer(cache: Path) -> str:
    """uv: the one that the project's scripts keep in the cache folder, else one on PATH.

    Raises:
        InputError: there is none.
    """
    kept = sorted((cache / "tools").glob("uv-*/bin/uv"), key=lambda path: path.stat().st_mtime)
    found = str(kept[-1]) if kept else shutil.which("uv")
    if found is None:
        raise InputError(
            "The runtime can't be made: uv, which installs its locked packages, is missing",
            why=f"there is neither {cache / 'tools'}/uv-*/bin/uv nor uv on PATH",
            cure="./scripts/lab installs it into the cache; or: python3 -m pip install uv",
        )
    return found


def installer_words(installer: str, cache: Path) -> list[str]:
    """The installer with its cache inside ours, and without downloads of Pythons."""
    return ["env", f"UV_CACHE_DIR={cache / 'uv'}", "UV_NO_PROGRESS=1", "UV_PYTHON_DOWNLOADS=never", installer]


def requirements_file(release: Release, content: Content) -> Path:
    """The release's lock.

    Raises:
        InputError: it is missing, or pins another ansible-core than the release file.
    """
    path = content.releases / release.runtime.requirements
    place = Place(content.releases / f"{release.name}.yml")
    if not path.is_file():
        raise InputError(
            f"Release {release.name} names {release.runtime.requirements}, which is not there",
            cure=f"Put the locked requirements at {path}.",
            place=place,
        )
    wanted = {"ansible-core": release.runtime.ansible_core}
    if release.runtime.accelerator is not None:
        wanted["mitogen"] = release.runtime.accelerator.mitogen
    text = path.read_text(encoding="utf-8")
    for name, version in wanted.items():
        pinned = re.search(rf"^{re.escape(name)}==(\S+)", text, re.MULTILINE)
        if pinned is None or pinned.group(1) != version:
            raise InputError(
                f"Release {release.name} wants {name} {version}, its lock has {pinned.group(1) if pinned else 'none'}",
                cure=f"Make {path.name} and the release file agree.",
                place=place,
            )
    return path


def runtime_digest(release: Release, requirements: Path, *more: bytes | str) -> str:
    """What a runtime is made from, as 16 hex digits."""
    total = hashlib.sha256(requirements.read_bytes())
    total.update(release.runtime.model_dump_json().encode())
    for part in more:
        data = part.encode() if isinstance(part, str) else part
        total.update(hashlib.sha256(data).digest())
    return total.hexdigest()[:16]


def install(installer: str, where: list[str], requirements: Path, *, cache: Path, log: Path, doing: str) -> None:
    """Installs the lock; `where` says into what (--python … or --target …).

    Raises:
        FailedError: a download or a hash check failed; the log is kept.
    """
    words = [
        *installer_words(installer, cache),
        "pip",
        "install",
        *where,
        "--require-hashes",
        "--no-deps",
        "--only-binary",
        ":all:",
    ]
    try:
        run_command(
            [*words, "--link-mode", "copy", "-r", str(requirements)],
            doing=doing,
            log=log,
            timeout=INSTALL_SECONDS,
        )
    except FailedError as error:
        said = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
        if "No space left" in said:
            raise FailedError(
                f"{doing} failed: the disk is full", cure=f"Free some space (df -h {cache}) and call again."
            ) from error
        raise
