"""The runtime as a virtual environment, where the machine has a Python that the release runs on."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.errors import FailedError
from groundplane.machine.base_image import build_lock
from groundplane.machine.host_commands import run_command
from groundplane.runtime.installer import find_installer, install, installer_words, requirements_file, runtime_digest
from groundplane.runtime.model import CLIENT, KOLLA_ANSIBLE, Launch, Mount, RuntimeFacts
from groundplane.runtime.version_range import fits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from groundplane.content import Content
    from groundplane.site.release import Release

HERE = Path(__file__).resolve().parent
CANDIDATES = ("/usr/bin/python3", "python3.14", "python3.13", "python3.12", "python3")
_ASK = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"


@dataclass(frozen=True, slots=True)
class VenvRuntime:
    """Starts programs of the environment directly."""

    facts: RuntimeFacts
    folder: Path

    def launch(
        self, words: Sequence[str], *, name: str, environment: Mapping[str, str], mounts: Sequence[Mount], folder: Path
    ) -> Launch:
        del name, mounts, folder  # everything of this machine is visible, and the launcher goes to the folder
        programs = self.folder / "bin"
        path = f"{programs}:{environment.get('PATH', '/usr/bin:/bin')}"
        return Launch(words=(str(programs / words[0]), *words[1:]), environment={**environment, "PATH": path})


def find_python(wanted: str) -> tuple[str, str] | None:
    """A Python of this machine in the range, newest first after the distribution's own: its path and version.

    The distribution's own is preferred: an environment outlives a Python that a version manager swaps away.
    """
    for name in CANDIDATES:
        path = shutil.which(name)
        if path is None:
            continue
        try:
            said = subprocess.run(
                [path, "-c", _ASK], capture_output=True, text=True, timeout=10, check=True, stdin=subprocess.DEVNULL
            )
        except (subprocess.SubprocessError, OSError):
            continue
        version = said.stdout.strip()
        if fits(version, wanted):
            return path, version
    return None


def ensure_venv_runtime(
    release: Release, content: Content, python: tuple[str, str], *, cache: Path, fresh: bool = False
) -> VenvRuntime:
    """The release's environment in the cache, made only where it isn't there or its lock changed.

    Raises:
        InputError: uv is missing.
        FailedError: the installation failed; the log is beside the folder.
    """
    requirements = requirements_file(release, content)
    client = (HERE / "vault_client.py").read_bytes()
    digest = runtime_digest(release, requirements, client, *python)
    home = cache / "runtimes"
    target = home / f"{release.name}-{digest}"
    with build_lock(home, release.name):
        if fresh or not (target / "bin" / CLIENT).is_file():
            _make(release, requirements, python, client, target=target, cache=cache)
    return VenvRuntime(facts=_facts(release, target, python[1]), folder=target)


def _make(
    release: Release, requirements: Path, python: tuple[str, str], client: bytes, *, target: Path, cache: Path
) -> None:
    installer = find_installer(cache)
    doing = f"Making the runtime of release {release.name}"
    log = target.with_suffix(".log")
    log.unlink(missing_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    try:
        run_command(
            [*installer_words(installer, cache), "venv", "--quiet", "--python", python[0], str(target)],
            doing=doing,
            log=log,
        )
        interpreter = str(target / "bin" / "python")
        install(installer, ["--python", interpreter], requirements, cache=cache, log=log, doing=doing)
        # Written last: its presence says that the environment is whole.
        with tempfile.NamedTemporaryFile(dir=target / "bin", delete=False) as file:
            file.write(client)
        Path(file.name).chmod(0o755)
        os.replace(file.name, target / "bin" / CLIENT)  # noqa: PTH105 - a temporary file's name
    except (FailedError, OSError) as error:
        shutil.rmtree(target, ignore_errors=True)
        if isinstance(error, OSError):
            raise FailedError(f"{doing} failed", why=str(error)) from error
        raise


def _facts(release: Release, target: Path, version: str) -> RuntimeFacts:
    plugins = next(iter(sorted(target.glob("lib/python*/site-packages/ansible_mitogen/plugins/strategy"))), None)
    return RuntimeFacts(
        kind="venv",
        name=str(target),
        ansible_core=release.runtime.ansible_core,
        python=version,
        strategy_plugins=str(plugins) if plugins is not None and release.runtime.accelerator is not None else None,
        vault_client=str(target / "bin" / CLIENT),
        kolla_ansible=str(target / KOLLA_ANSIBLE) if release.openstack is not None else None,
    )
