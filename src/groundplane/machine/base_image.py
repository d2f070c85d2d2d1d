"""The base image: a minimal Debian, made by debootstrap from the machine's own mirror. No container registry is asked.

Everything else that runs in a container (lab nodes, execution environments, the apt cache) is built on it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from groundplane.errors import InputError
from groundplane.files import write_atomically
from groundplane.machine.debian_mirror import DebianMirror, host_mirror
from groundplane.machine.host_commands import as_root, need_programs, run_command
from groundplane.machine.podman import DIGEST_LABEL, host_podman

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUITES = ("trixie", "bookworm")
FORMAT = 1
"""Raised when what this module does to the tree changes, so that older images are built anew."""

FINISH = """
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
rm -f /etc/apt/sources.list
apt-get update -qq
apt-get -y -qq dist-upgrade
apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/*.log /var/log/apt /var/cache/ldconfig/aux-cache
rm -f /etc/resolv.conf /etc/hostname
: > /etc/machine-id
"""


def base_image_name(suite: str) -> str:
    return f"localhost/groundplane/base:{suite}"


def base_image_digest(suite: str, mirror: DebianMirror) -> str:
    """What the image is made from, as 16 hex digits; package versions are the mirror's of the day it was built."""
    text = "\0".join((str(FORMAT), suite, mirror.archive, mirror.security, FINISH))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@contextmanager
def build_lock(cache: Path, name: str) -> Iterator[None]:
    """Two builds of the same thing on one machine wait for each other."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f".{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def ensure_base_image(suite: str, *, cache: Path, fresh: bool = False) -> str:
    """The name of a local image with Debian `suite`, updates and security updates included.

    Built only if it isn't there. The tree is kept as CACHE/images/base-SUITE-DIGEST.tar, so a machine whose podman
    storage was emptied imports it in seconds.

    Args:
        suite: trixie or bookworm.
        cache: Settings.cache.
        fresh: build anew although it is there.

    Raises:
        InputError: an unknown suite; a program is missing; apt knows no Debian mirror.
        FailedError: the build failed; the log is beside the tar.
    """
    if suite not in SUITES:
        raise InputError(f"There is no base image for '{suite}'", cure=f"Use one of: {', '.join(SUITES)}")
    podman = host_podman()
    image = base_image_name(suite)
    if not fresh and (carried := _carried(suite, cache)) and podman.image_digest(image) == carried:
        return image
    mirror = host_mirror()
    digest = base_image_digest(suite, mirror)
    if not fresh and podman.image_digest(image) == digest:
        return image
    folder = cache / "images"
    with build_lock(folder, f"base-{suite}"):
        if not fresh and podman.image_digest(image) == digest:
            return image
        tar = folder / f"base-{suite}-{digest}.tar"
        if fresh or not tar.is_file():
            _make_tar(suite, mirror, tar)
        with podman.replacing(image):
            podman.run(
                *("import", "--change", f"LABEL {DIGEST_LABEL}={digest}", "--change", 'CMD ["/bin/bash"]'),
                *(str(tar), image),
                doing=f"Importing the base image {suite}",
                timeout=600,
            )
        for old in folder.glob(f"base-{suite}-*.tar"):
            if old != tar:
                old.unlink()
    return image


def remember_carried(suite: str, digest: str, *, cache: Path) -> None:
    """A base image that a bundle brought counts as current here, whatever mirror this machine would build it from."""
    write_atomically(cache / "images" / f"base-{suite}.carried", digest + "\n")


def _carried(suite: str, cache: Path) -> str | None:
    file = cache / "images" / f"base-{suite}.carried"
    return file.read_text(encoding="utf-8").strip() if file.is_file() else None


def _make_tar(suite: str, mirror: DebianMirror, tar: Path) -> None:
    need_programs({"debootstrap": "debootstrap", "tar": "tar"})
    tree = tar.with_suffix(".tree")
    part = tar.with_suffix(".part")
    log = tar.with_suffix(".log")
    log.unlink(missing_ok=True)
    doing = f"Building the base image {suite}"
    proxy = {"http_proxy": mirror.proxy} if mirror.proxy else {}
    env = as_root(["env", *(f"{key}={value}" for key, value in proxy.items())])
    include = ["ca-certificates"] if mirror.archive.startswith("https:") else []
    words = ["debootstrap", "--variant=minbase", *(f"--include={name}" for name in include), suite, str(tree)]
    try:
        run_command(as_root(["rm", "-rf", "--one-file-system", str(tree)]), doing=doing)
        run_command([*env, *words, mirror.archive], doing=doing, log=log, timeout=1800)
        sources = tree / "etc/apt/sources.list.d/debian.sources"
        run_command(as_root(["tee", str(sources)]), doing=doing, stdin=mirror.sources(suite))
        run_command([*env, "chroot", str(tree), "/bin/sh", "-c", FINISH], doing=doing, log=log, timeout=1800)
        run_command(
            as_root(
                ["tar", "--numeric-owner", "--one-file-system", "--sort=name", "-C", str(tree), "-cf", str(part), "."]
            ),
            doing=doing,
            timeout=600,
        )
        if os.geteuid() != 0:
            run_command(as_root(["chown", f"{os.getuid()}:{os.getgid()}", str(part)]), doing=doing)
        part.replace(tar)
    finally:
        run_command(as_root(["rm", "-rf", "--one-file-system", str(tree)]), doing=doing)
        part.unlink(missing_ok=True)
