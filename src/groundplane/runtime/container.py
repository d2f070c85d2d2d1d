"""The runtime as an execution environment: a container image that we build from Debian and the release's lock.

Not ansible-runner's own process isolation: that writes the environment to a file, mounts the data folder under another
name and can't be ended with the engine. Here every path is the same inside and outside, and the engine's launcher ends
the container when the engine goes away.
"""

from __future__ import annotations

import os
import platform
import resource
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.errors import InputError
from groundplane.machine.base_image import build_lock, ensure_base_image
from groundplane.machine.podman import DIGEST_LABEL, Podman, host_podman
from groundplane.runtime.installer import find_installer, install, requirements_file, runtime_digest
from groundplane.runtime.model import CLIENT, KOLLA_ANSIBLE, Launch, Mount, RuntimeFacts
from groundplane.runtime.version_range import fits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from groundplane.content import Content
    from groundplane.site.release import Release

HERE = Path(__file__).resolve().parent
PACKAGES = "/usr/local/lib/groundplane"
PYTHON_OF_SUITE = {"trixie": "3.13", "bookworm": "3.11"}
BUILD_SECONDS = 1800


@dataclass(frozen=True, slots=True)
class ContainerRuntime:
    """Starts each program in a container of its own, which ends with it."""

    facts: RuntimeFacts
    podman: Podman

    def launch(
        self, words: Sequence[str], *, name: str, environment: Mapping[str, str], mounts: Sequence[Mount], folder: Path
    ) -> Launch:
        container = f"groundplane-{name}"
        # Through sudo no descriptor and no variable gets into the container, so what it needs is said in words.
        direct = os.geteuid() == 0
        options = [
            *("--rm", "--name", container, "--label", "groundplane.runtime=true", "--replace"),
            *("--pull", "never", "--quiet", "--log-driver", "none", "--network", "host", "--pid", "private"),
            *("--init" if shutil.which("catatonit") else "--init=false", "--read-only", "--read-only-tmpfs"),
            *("--security-opt", "label=disable", "--security-opt", "seccomp=unconfined", *_ulimits()),
            *(["--preserve-fds", "1"] if direct else ["--user", f"{os.getuid()}:{os.getgid()}"]),
            *("--workdir", str(folder)),
        ]
        for mount in _without_nested(mounts):
            options += ["--volume", f"{mount.path}:{mount.path}:{'rw' if mount.writable else 'ro'}"]
        for key, value in environment.items():
            if key != "PATH":
                options += ["--env", f"{key}={value}"]
        return Launch(
            words=tuple(self.podman.words("run", *options, self.facts.name, *words)),
            environment={},
            stop=tuple(self.podman.words("kill", container)),
        )


def _ulimits() -> list[str]:
    """podman's own default may be above the hard limits here, and then the container doesn't start."""
    words: list[str] = []
    for name, kind, most in (
        ("nofile", resource.RLIMIT_NOFILE, 1048576),
        ("nproc", resource.RLIMIT_NPROC, 32768),
    ):
        hard = resource.getrlimit(kind)[1]
        limit = most if hard == resource.RLIM_INFINITY else min(hard, most)
        words += ["--ulimit", f"{name}={limit}:{limit}"]
    return words


def container_image_name(release: Release) -> str:
    return f"localhost/groundplane/runtime:{release.name}"


def ensure_container_runtime(
    release: Release, content: Content, *, cache: Path, fresh: bool = False
) -> ContainerRuntime:
    """The release's execution environment, built only where it isn't there or its lock changed.

    Raises:
        InputError: the release's Python range doesn't include that of its Debian suite; podman or uv is missing.
        FailedError: the build failed; the log is in the cache's folder images.
    """
    suite = release.runtime.image_suite
    python = PYTHON_OF_SUITE.get(suite, "")
    if not python or not fits(python, release.runtime.python):
        raise InputError(
            f"Release {release.name} can't have an execution environment on {suite}",
            why=f"it wants Python {release.runtime.python}, {suite} has {python or 'one that is not known here'}",
            cure="Name another image_suite in the release file.",
        )
    podman = host_podman()
    requirements = requirements_file(release, content)
    image = container_image_name(release)
    base = ensure_base_image(suite, cache=cache)
    digest = runtime_digest(
        release,
        requirements,
        podman.image_digest(base) or "",
        (HERE / "image" / "Containerfile").read_bytes(),
        (HERE / "vault_client.py").read_bytes(),
    )
    if fresh or podman.image_digest(image) != digest:
        with build_lock(cache / "images", f"runtime-{release.name}"):
            if fresh or podman.image_digest(image) != digest:
                _build(release, requirements, podman, image=image, base=base, digest=digest, cache=cache, python=python)
    return ContainerRuntime(
        facts=RuntimeFacts(
            kind="container",
            name=image,
            ansible_core=release.runtime.ansible_core,
            python=python,
            strategy_plugins=(
                f"{PACKAGES}/ansible_mitogen/plugins/strategy" if release.runtime.accelerator is not None else None
            ),
            vault_client=f"/usr/local/bin/{CLIENT}",
            kolla_ansible=f"{PACKAGES}/{KOLLA_ANSIBLE}" if release.openstack is not None else None,
        ),
        podman=podman,
    )


def _build(
    release: Release,
    requirements: Path,
    podman: Podman,
    *,
    image: str,
    base: str,
    digest: str,
    cache: Path,
    python: str,
) -> None:
    installer = find_installer(cache)
    log = cache / "images" / f"runtime-{release.name}.log"
    log.unlink(missing_ok=True)
    doing = f"Building the runtime of release {release.name}"
    with tempfile.TemporaryDirectory(prefix="runtime-", dir=cache / "images") as folder:
        context = Path(folder)
        packages = context / "packages"
        where = ["--python-version", python, "--python-platform", f"{platform.machine()}-unknown-linux-gnu"]
        install(installer, [*where, "--target", str(packages)], requirements, cache=cache, log=log, doing=doing)
        # Programs carry the shebang of the machine that installed them.
        shutil.rmtree(packages / "bin", ignore_errors=True)
        programs = context / "bin"
        programs.mkdir()
        for name in ("playbook", "inventory", "config", "doc", "vault"):
            _program(programs / f"ansible-{name}", f'#!/bin/sh\nexec /usr/bin/python3 -m ansible {name} "$@"\n')
        _program(programs / CLIENT, (HERE / "vault_client.py").read_text(encoding="utf-8"))
        shutil.copy(HERE / "image" / "Containerfile", context / "Containerfile")
        podman.log(
            *("build", "--network", "host", "--pull=never", "--no-cache", "--build-arg", f"BASE={base}"),
            *("--label", f"{DIGEST_LABEL}={digest}", "--tag", image, str(context)),
            doing=doing,
            log=log,
            timeout=BUILD_SECONDS,
        )


def _program(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def _without_nested(mounts: Sequence[Mount]) -> list[Mount]:
    """Outer folders first, and no folder that is inside another of the same kind: podman mounts in the order given."""
    kept: list[Mount] = []
    for mount in sorted(set(mounts), key=lambda mount: (len(mount.path.parts), str(mount.path), not mount.writable)):
        outer = [other for other in kept if mount.path.is_relative_to(other.path)]
        if not outer or (mount.writable and not outer[-1].writable):
            kept.append(mount)
    return kept
