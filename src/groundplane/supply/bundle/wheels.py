"""Python wheels for a network without an index: exactly what locked requirements name, for the Pythons of the suites.

pip downloads them, with the hashes of the locks. Markers are read here, because pip would read them for the Python that
runs it and not for the one that the wheels are for.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundplane.errors import FailedError
from groundplane.machine.base_image import build_lock
from groundplane.machine.host_commands import run_command
from groundplane.supply.bundle.items import Item, Planned, file_item
from groundplane.supply.cache_entries import note_use

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from groundplane.supply.mirrors import Mirrors

PYTHONS = {"trixie": "3.13", "bookworm": "3.11"}
"""The Python of each suite."""
GLIBC_MINORS = {"trixie": 41, "bookworm": 36}
"""Wheels that want a newer C library than the suite's don't run there. Source: PEP 600."""
OLDEST_GLIBC_MINOR = 17
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
SECONDS = 1800


@dataclass(frozen=True, slots=True)
class Requirement:
    """One locked requirement: its name, version and its lines, hashes included and the marker not."""

    name: str
    version: str
    text: str


@dataclass(frozen=True, slots=True)
class WheelSet:
    """What one lock needs on one suite."""

    title: str
    suite: str
    requirements: tuple[Requirement, ...]

    def folder(self, cache: Path, architecture: str) -> Path:
        """Where its wheels are kept: the same requirements, the same folder."""
        text = "\0".join((self.suite, architecture, *(one.text for one in self.requirements)))
        return cache / "bundle" / "wheels" / hashlib.sha256(text.encode()).hexdigest()[:16]

    def planned(self, cache: Path, architecture: str) -> list[Planned]:
        """Sizes are known once the wheels were fetched."""
        folder = self.folder(cache, architecture)
        sizes = {wheel_name(file.name)[0]: file.stat().st_size for file in folder.glob("*.whl")}
        return [Planned("wheels", one.name, one.version, sizes.get(normalized(one.name))) for one in self.requirements]


def read_requirements(text: str, *, suite: str, architecture: str) -> tuple[Requirement, ...]:
    """The requirements of a universal lock that hold on a suite.

    Raises:
        FailedError: a line is no locked requirement.
    """
    from packaging.markers import Marker, default_environment  # noqa: PLC0415

    python = PYTHONS[suite]
    environment = {
        **default_environment(),
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "platform_machine": MACHINES.get(architecture, architecture),
        "platform_system": "Linux",
        "sys_platform": "linux",
        "os_name": "posix",
    }
    result = []
    joined = re.sub(r"\\\n", " ", "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#")))
    for line in filter(None, (line.strip() for line in joined.splitlines())):
        found = re.fullmatch(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)\s*(?:;\s*(.*?))?((?:\s+--hash=\S+)+)", line)
        if found is None:
            raise FailedError(
                f"A line of the lock is no locked requirement: {line[:80]}", cure="Remake it: scripts/lock"
            )
        name, version, marker, hashes = found.groups()
        if marker is None or Marker(marker).evaluate(environment):  # type: ignore[arg-type]
            result.append(Requirement(name, version, f"{name}=={version} {' '.join(hashes.split())}"))
    return tuple(result)


def fetch_wheels(
    wanted: WheelSet,
    *,
    architecture: str,
    cache: Path,
    mirrors: Mirrors,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Item]:
    """Downloads what isn't in the cache yet.

    Raises:
        FailedError: the index can't be reached, has no such wheel, or another one than the lock says; pip's last lines.
    """
    folder = wanted.folder(cache, architecture)
    with build_lock(cache / "bundle", "wheels"):
        if not folder.is_dir():
            tell(f"Fetching {len(wanted.requirements):,} wheels: {wanted.title}")
            _download(wanted, folder, architecture=architecture, cache=cache, mirrors=mirrors)
    note_use(folder)
    return [file_item(f"wheels/{file.name}", file) for file in sorted(folder.glob("*.whl"))]


def wheel_name(file: str) -> tuple[str, str]:
    """Normalized name and version in a wheel's file name. Source: PEP 427."""
    name, version = file.split("-")[:2]
    return normalized(name), version


def normalized(name: str) -> str:
    """Source: PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def platforms(suite: str, architecture: str) -> list[str]:
    """Platform tags that run on a suite, newest first."""
    machine = MACHINES.get(architecture, architecture)
    minors = range(GLIBC_MINORS[suite], OLDEST_GLIBC_MINOR - 1, -1)
    found = [f"manylinux_2_{minor}_{machine}" for minor in minors] + [f"manylinux2014_{machine}"]
    if machine == "x86_64":
        found += ["manylinux_2_12_x86_64", "manylinux2010_x86_64", "manylinux_2_5_x86_64", "manylinux1_x86_64"]
    return [*found, f"linux_{machine}"]


def _download(wanted: WheelSet, folder: Path, *, architecture: str, cache: Path, mirrors: Mirrors) -> None:
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    log = folder.with_name(folder.name + ".log")
    log.unlink(missing_ok=True)
    lock = part / "requirements.txt"
    lock.write_text("".join(f"{one.text}\n" for one in wanted.requirements), encoding="utf-8")
    words = [
        *(str(_pip(cache)), "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"),
        *("--require-hashes", "--no-deps", "--only-binary", ":all:", "--dest", str(part)),
        *("--python-version", PYTHONS[wanted.suite], "--implementation", "cp"),
        *(word for name in platforms(wanted.suite, architecture) for word in ("--platform", name)),
        *_index_words(mirrors),
        *("--requirement", str(lock)),
    ]
    run_command(words, doing=f"Fetching the wheels: {wanted.title}", log=log, timeout=SECONDS)
    lock.unlink()
    part.rename(folder)


def _index_words(mirrors: Mirrors) -> Sequence[str]:
    words = [] if mirrors.pip_index is None else ["--index-url", mirrors.pip_index]
    return words if mirrors.certificates is None else [*words, "--cert", str(mirrors.certificates)]


def _pip(cache: Path) -> Path:
    """A Python with pip; our own environment may have been made without."""
    folder = cache / "tools" / f"pip-{sys.version_info[0]}.{sys.version_info[1]}"
    python = folder / "bin" / "python"
    if not (folder / "bin" / "pip").is_file():
        run_command(
            [sys.executable, "-m", "venv", "--clear", str(folder)],
            doing="Making an environment with pip (it needs the Debian package python3-venv)",
            timeout=120,
        )
    return python
