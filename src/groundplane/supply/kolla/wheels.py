"""Wheels of what the package index has only as source, built once in a throwaway container; images need no compiler.

A release's constraints name a few hundred packages, and a handful of them (uwsgi, python-ldap, …) come without a wheel
for the image's Python. They are built here, each once for a version and a builder, and builds of images see the folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError, InputError, Place
from groundplane.files import write_atomically
from groundplane.machine.base_image import build_lock, ensure_base_image
from groundplane.supply.build_tools import TARGET, build_mounts
from groundplane.supply.cache_entries import note_use
from groundplane.supply.kolla.environment import openstack_pin
from groundplane.supply.model import BuildMount
from groundplane.supply.store.container import limit_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from groundplane.content import Content
    from groundplane.machine.podman import Podman
    from groundplane.site.release import Release
    from groundplane.supply.mirrors import Mirrors

LOG_LINES = 15
RECORD = "wheels.json"
SUITE_LABEL = "groundplane.wheels"
OWNER_LABEL = "groundplane.wheels.owner"
"""The process that waits for a builder."""


def ensure_wheels(
    release: Release,
    content: Content,
    *,
    cache: Path,
    podman: Podman,
    mirrors: Mirrors,
    watcher: Callable[[str], None] | None = None,
) -> BuildMount:
    """The folder of wheels for the release's images, as the mount under which `pip install` in builds finds it.

    Made once for one set of constraints and one builder, and then without asking anybody; wheels of packages that did
    not change are taken over. A build that was cut off goes on where it was.

    Args:
        watcher: told in a few words what is being done, when it takes a while.

    Raises:
        InputError: the release pins no OpenStack, or its constraints are missing.
        FailedError: a package could not be built (named, with its last lines), or the builder could not be made.
    """
    suite = image_suite(release, content)
    home = cache / "images" / "wheels"
    folder = home / wheels_key(release, content)
    mount = BuildMount(folder, f"{TARGET}/.cache/wheels-{suite}")
    if not (folder / RECORD).is_file():
        with build_lock(home, suite):
            if not (folder / RECORD).is_file():
                _make(folder, release, content, cache=cache, podman=podman, mirrors=mirrors, watcher=watcher)
    note_use(folder)
    return mount


def image_suite(release: Release, content: Content) -> str:
    """The Debian suite of the release's Kolla images.

    Raises:
        InputError: the release doesn't say how images are made.
    """
    if release.images is None:
        raise InputError(
            f"Release {release.name} does not say how its images are made",
            cure="Choose a release with a block `images`.",
            place=Place(content.releases / f"{release.name}.yml"),
        )
    return release.images.suite


def read_constraints(release: Release, content: Content) -> str:
    """The release's upper constraints, without comments, one NAME===VERSION a line.

    Raises:
        InputError: the release pins no OpenStack, or names a file that isn't there.
    """
    pin = openstack_pin(release, content)
    path = content.releases / pin.constraints
    if not path.is_file():
        raise InputError(
            f"Release {release.name} names {pin.constraints}, which is not there",
            cure=f"Put the upper constraints at {path}.",
            place=Place(content.releases / f"{release.name}.yml"),
        )
    lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return "".join(f"{line}\n" for line in lines if line)


def wheels_key(release: Release, content: Content) -> str:
    """What the set of wheels is made from, as 16 hex digits: constraints and builder."""
    text = f"{builder_key(release, content)}\0{read_constraints(release, content)}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def builder_key(release: Release, content: Content) -> str:
    """How a wheel is built, as 16 hex digits: suite, compiler's packages, script."""
    total = hashlib.sha256(image_suite(release, content).encode())
    for path in sorted((content.images / "wheels").iterdir()):
        if path.is_file():
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]


def builder_packages(content: Content) -> list[str]:
    """Debian packages of the builder."""
    lines = (content.images / "wheels" / "packages").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _make(
    folder: Path,
    release: Release,
    content: Content,
    *,
    cache: Path,
    podman: Podman,
    mirrors: Mirrors,
    watcher: Callable[[str], None] | None,
) -> None:
    suite = image_suite(release, content)
    built = folder.parent / f"built-{builder_key(release, content)}"
    logs = cache / "images" / "logs" / "wheels"
    for each in (built, logs):
        each.mkdir(parents=True, exist_ok=True)
    for left in built.glob(".building-*"):
        shutil.rmtree(left, ignore_errors=True)
    base = ensure_base_image(suite, cache=cache)
    doing = f"Building wheels for release {release.name}"
    log = logs / f"{release.name}.log"
    log.unlink(missing_ok=True)
    work = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".new-"))
    name = f"groundplane-wheels-{work.name.removeprefix('.new-')}"
    # We hold the lock: whoever started one of these was killed.
    _remove_builders(podman, f"{SUITE_LABEL}={suite}")
    if watcher is not None:
        watcher("Building wheels of what the package index has only as source")
    try:
        work.chmod(0o755)
        write_atomically(work / "constraints", read_constraints(release, content))
        mounts = (
            *build_mounts(content, mirrors, cache=cache),
            BuildMount(content.images / "wheels", "/builder"),
            BuildMount(work, "/wanted"),
            BuildMount(built, "/built", writable=True),
            BuildMount(logs, "/logs", writable=True),
        )
        try:
            podman.log(*container_words(name, base, mounts, builder_packages(content), suite), doing=doing, log=log)
        except FailedError as error:
            raise _explained(error, log, logs) from error
        answers = read_answers(log)
        wheels = {answer["file"]: built / answer["file"] for answer in answers if "file" in answer}
        record = {
            "constraints": "constraints",
            "wheels": {},
            "packages": next(a["need"] for a in answers if "need" in a),
        }
        for file, path in sorted(wheels.items()):
            os.link(path, work / file)
            record["wheels"][file] = hashlib.sha256(path.read_bytes()).hexdigest()
        write_atomically(work / RECORD, json.dumps(record, indent=1) + "\n")
        shutil.rmtree(folder, ignore_errors=True)
        # Renamed when it is whole, so that a build that was killed leaves nothing that looks like one.
        os.replace(work, folder)  # noqa: PTH105 - a folder is renamed whole
    except OSError as error:
        raise FailedError(f"{doing} failed", why=str(error), cure=f"Check the space: df -h {folder.parent}") from error
    finally:
        # A podman that was interrupted leaves its container running.
        with suppress(FailedError):
            podman.run("rm", "--force", "--ignore", "--time", "1", name)
        shutil.rmtree(work, ignore_errors=True)


def stop_wheels(podman: Podman) -> None:
    """Ends the builder that this process runs, if any; `ensure_wheels` then fails."""
    _remove_builders(podman, f"{OWNER_LABEL}={os.getpid()}")


def _remove_builders(podman: Podman, label: str) -> None:
    with suppress(FailedError):
        for found in podman.json("ps", "--all", "--format", "json", "--filter", f"label={label}") or []:
            podman.run("rm", "--force", "--ignore", "--time", "1", str(found["Id"]))


def container_words(
    name: str, base: str, mounts: Sequence[BuildMount], packages: Sequence[str], suite: str
) -> list[str]:
    """What podman is asked to run: the compiler's packages, then the script."""
    volumes = [
        word
        for mount in mounts
        for word in ("--volume", f"{mount.source.resolve()}:{mount.target}:{'rw' if mount.writable else 'ro'}")
    ]
    script = (
        "set -eu; . /usr/local/sbin/.settings/pip.env; suite=$(. /etc/os-release && echo $VERSION_CODENAME); "
        "export DEBIAN_FRONTEND=noninteractive UV_CACHE_DIR=/usr/local/sbin/.cache/uv-$suite UV_NO_PROGRESS=1 "
        "UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore "
        "PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_CONSTRAINT=/wanted/constraints; "
        "apt-get -q update; "
        f"apt-get -q -y --no-install-recommends install {' '.join(packages)}; "
        "exec python3 /builder/build.py /wanted/constraints /built /logs"
    )
    return [
        *("run", "--rm", "--label", f"{SUITE_LABEL}={suite}", "--label", f"{OWNER_LABEL}={os.getpid()}"),
        *("--name", name, "--pull", "never", "--network", "host", *limit_words()),
        *(*volumes, base, "/bin/sh", "-c", script),
    ]


def read_answers(log: Path) -> list[dict[str, Any]]:
    """What the script in the container said; other lines are apt's and are passed over."""
    answers = []
    for line in _read(log).splitlines():
        if line.startswith("{"):
            with suppress(ValueError):
                answers.append(json.loads(line))
    return answers


def _explained(error: FailedError, log: Path, logs: Path) -> FailedError:
    """The package that failed and what it said last, where the script got so far."""
    failed = [answer for answer in read_answers(log) if "failed" in answer]
    said = _read(log)
    for answer in failed:
        said += _read(logs / answer["log"])
    if "No space left on device" in said:
        return FailedError(
            f"{error.what}: the disk is full",
            cure=f"Free some space (df -h {logs}) and call again; wheels that are finished are kept.",
        )
    if not failed:
        return error
    path = logs / failed[0]["log"]
    last = (
        path.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-LOG_LINES:] if path.is_file() else []
    )
    names = ", ".join(answer["failed"].replace("===", " ") for answer in failed)
    return FailedError(
        f"The wheel of {names} could not be built",
        why="\n".join(last),
        cure=f"Read {path}. A header that is missing belongs in images/wheels/packages; finished wheels are kept.",
    )


def _read(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
