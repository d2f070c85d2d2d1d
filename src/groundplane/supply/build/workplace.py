"""The folder in which one command builds, and what a killed command left behind.

CACHE/images/work/TOKEN is locked while its command lives. The token is on everything that a build makes: temporary
names, podman's working containers (as a build argument), temporary files. So the next command knows whose they are.
"""

from __future__ import annotations

import json
import os
import secrets
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.errors import FailedError
from groundplane.machine.abandoned import held_folder, remove_abandoned
from groundplane.machine.host_commands import as_root, run_command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from groundplane.machine.podman import Podman

TOKEN_ARGUMENT = "GROUNDPLANE_BUILD"  # noqa: S105 - a name
TEMPORARY_NAMESPACE = "localhost/groundplane/building"


@dataclass(frozen=True, slots=True)
class Workplace:
    """One command's folder; `token` is its name."""

    folder: Path
    token: str

    def image_folder(self, name: str) -> Path:
        """Where the build of one image keeps its temporary files."""
        path = self.folder / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def temporary_name(self, name: str) -> str:
        """The image in podman's storage until it is known to be right."""
        return f"{TEMPORARY_NAMESPACE}/{name}:{self.token}"


@contextmanager
def open_workplace(cache: Path, podman: Podman) -> Iterator[Workplace]:
    """A folder to build in. First what killed commands left goes; at the end what this one left."""
    parent = cache / "images/work"
    parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(parent, podman)
    token = f"{os.getpid()}-{secrets.token_hex(4)}"
    folder = parent / token
    folder.mkdir()
    with held_folder(folder):
        try:
            yield Workplace(folder, token)
        finally:
            remove_traces(folder, podman)


def remove_leftovers(parent: Path, podman: Podman) -> list[str]:
    """Takes away what commands left that no longer live; their tokens."""
    return remove_abandoned(parent.iterdir(), lambda folder: remove_traces(folder, podman))


def remove_traces(folder: Path, podman: Podman) -> None:
    """Removes what builds with this folder's token left: working containers, temporary names, files."""
    token = folder.name
    if any(folder.iterdir()):
        for container in _working_containers(podman, token):
            with suppress(FailedError):
                podman.run("rm", "--force", container, doing="Removing a build's container")
        for image in _temporary_images(podman, token):
            with suppress(FailedError):
                podman.run("rmi", "--force", image, doing="Removing an unfinished image")
        # The runtime's own note of a step that was killed, and the step's control groups with it.
        for bundle in folder.glob("*/buildah*"):
            with suppress(FailedError):
                words = [podman.runtime or "crun", "delete", "--force", f"buildah-{bundle.name}"]
                run_command(as_root(words), doing="Removing a build's step")
    run_command(as_root(["rm", "-rf", "--one-file-system", str(folder)]), doing="Removing a build's temporary files")


def _working_containers(podman: Podman, token: str) -> list[str]:
    """podman labels no working container of a build, but notes the build's arguments beside it."""
    found = podman.json("ps", "--all", "--external", "--format", "json") or []
    storage = storage_folder(podman)
    ours = []
    for entry in found:
        note = storage / f"overlay-containers/{entry['Id']}/userdata/buildah.json"
        with suppress(FailedError, ValueError):
            text = run_command(as_root(["cat", str(note)]), doing="Looking at a build's container")
            if (json.loads(text).get("Args") or {}).get(TOKEN_ARGUMENT) == token:
                ours.append(str(entry["Id"]))
    return ours


def _temporary_images(podman: Podman, token: str) -> list[str]:
    found = podman.list_images(f"{TEMPORARY_NAMESPACE}/*:{token}")
    return sorted({name for entry in found for name in entry.get("Names") or [] if name.endswith(f":{token}")})


def storage_folder(podman: Podman) -> Path:
    """Where podman keeps images and containers."""
    return Path(podman.run("info", "--format", "{{.Store.GraphRoot}}", doing="Asking podman for its folder").strip())
