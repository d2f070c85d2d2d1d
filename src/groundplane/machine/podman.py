"""podman, as this project calls it: as root, with a runtime that this machine's cgroups allow."""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError, InputError
from groundplane.machine.host_commands import as_root, find_program, need_programs, run_command

if TYPE_CHECKING:
    from collections.abc import Iterator

DIGEST_LABEL = "groundplane.digest"
ATTEMPTS = 4


def has_cgroup_v2(root: Path = Path("/sys/fs/cgroup")) -> bool:
    """Whether cgroup v2 is the only hierarchy (hybrid counts as v1: the controllers are there)."""
    return (root / "cgroup.controllers").is_file()


def choose_runtime(*, cgroup_v2: bool, crun: bool, runc: bool) -> str | None:
    """The OCI runtime to name to podman, None for podman's own default.

    crun refuses hybrid hierarchies, so v1 means runc.

    Raises:
        InputError: no runtime fits.
    """
    if cgroup_v2 and crun:
        return None
    if runc:
        return "runc"
    raise InputError(
        "podman has no container runtime that works on this machine",
        why="no crun or runc is installed" if cgroup_v2 else "with cgroup v1 (or hybrid) it has to be runc",
        cure="sudo apt-get install -y runc",
    )


@dataclass(frozen=True, slots=True)
class Podman:
    """Calls podman; `runtime` None leaves podman's own choice."""

    runtime: str | None = None

    def words(self, *words: str) -> list[str]:
        """The whole command line, for whoever replaces this process by it."""
        return as_root(["podman", *(["--runtime", self.runtime] if self.runtime else []), *words])

    def run(self, *words: str, doing: str = "", stdin: str | None = None, timeout: float | None = 120) -> str:
        return run_command(self.words(*words), doing=doing or f"podman {words[0]}", stdin=stdin, timeout=timeout)

    def log(self, *words: str, doing: str, log: Path, timeout: float | None = None) -> None:
        """For long work: what podman prints goes to the file `log`."""
        run_command(self.words(*words), doing=doing, log=log, timeout=timeout)

    def json(self, *words: str) -> Any:
        return json.loads(self.run(*words) or "null")

    def image_digest(self, image: str) -> str | None:
        """The digest that we labelled the image with; None where the image is absent or not ours."""
        found = self.inspect_image(image)
        label = (found.get("Labels") or {}).get(DIGEST_LABEL) if found is not None else None
        return str(label) if label else None

    def inspect_image(self, image: str) -> dict[str, Any] | None:
        """What podman knows of an image: Id, Size, Labels, RepoTags …; None where there is none of this name."""
        if not self.exists("image", image):
            return None
        found: list[dict[str, Any]] = self.json("image", "inspect", image)
        return found[0]

    def list_images(self, pattern: str) -> list[dict[str, Any]]:
        """Images whose names match (`podman images --filter reference=`): Id, Names, Labels, Size …"""
        for _ in range(ATTEMPTS):
            # podman gives up where another command removes any image, this one's or not, while it lists them.
            with suppress(FailedError):
                return self.json("images", "--format", "json", "--filter", f"reference={pattern}") or []
        return self.json("images", "--format", "json", "--filter", f"reference={pattern}") or []

    @contextmanager
    def replacing(self, image: str) -> Iterator[None]:
        """Around work that gives a name to a new image: the old one goes, unless something still uses it."""
        old = self._image_id(image)
        yield
        if old is not None and old != self._image_id(image):
            with suppress(FailedError):
                self.run("rmi", old)

    def _image_id(self, image: str) -> str | None:
        found = self.inspect_image(image)
        return str(found["Id"]) if found is not None else None

    def exists(self, kind: str, name: str) -> bool:
        """Whether an object of a kind (container, network, volume, image) is there."""
        try:
            self.run(kind, "exists", name)
        except FailedError:
            return False
        return True


@cache
def host_podman() -> Podman:
    """podman on this machine.

    Raises:
        InputError: podman or a fitting runtime is missing.
    """
    need_programs({"podman": "podman"})
    return Podman(
        choose_runtime(
            cgroup_v2=has_cgroup_v2(), crun=find_program("crun") is not None, runc=find_program("runc") is not None
        )
    )
