"""One `podman build`: its words, and its lines as they come."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from groundplane.machine.processes import contained
from groundplane.supply.build.workplace import TOKEN_ARGUMENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from typing import TextIO

    from groundplane.machine.podman import Podman
    from groundplane.supply.build.targets import Target
    from groundplane.supply.build.workplace import Workplace
    from groundplane.supply.model import BuildMount

IDENTITY_LABEL = "groundplane.identity"
NAME_LABEL = "groundplane.image"
RELEASE_LABEL = "groundplane.release"
STEP = re.compile(r"^(?:\[(\d+)/(\d+)\] )?STEP (\d+)/(\d+): (.*)$")
UNUSED_ARGUMENTS = re.compile(r"^\[Warning\] one or more build args were not consumed: \[([^\]]*)\]$")


def build_words(
    target: Target, *, parent: str, mounts: Iterable[BuildMount], workplace: Workplace, podman: Podman
) -> list[str]:
    """The whole command line.

    One layer an image: what a step removes is gone, and identities do what a cache of layers would. Steps run in
    containers of their own (isolation oci), so that no package's script sees this machine's devices. Times of files
    stay as they are: Python believes compiled modules only while their source's time is the noted one.
    """
    recipe = target.recipe
    arguments = {**recipe.arguments, "BASE": parent, TOKEN_ARGUMENT: workplace.token}
    labels = {IDENTITY_LABEL: target.identity, NAME_LABEL: recipe.name, RELEASE_LABEL: target.release}
    command = podman.words(
        *("build", "--layers=false", "--pull=never", "--network", "host", "--isolation", "oci", "--format", "oci"),
        *("--from", parent, "--tag", workplace.temporary_name(recipe.name)),
        *(word for key, value in arguments.items() for word in ("--build-arg", f"{key}={value}")),
        *(word for key, value in labels.items() for word in ("--label", f"{key}={value}")),
        *(word for mount in mounts for word in ("--volume", _volume(mount))),
        str(recipe.context),
    )
    if command[:2] == ["sudo", "-n"]:
        command = command[2:]
    return contained(["env", f"TMPDIR={workplace.image_folder(recipe.name)}", *command])


def _volume(mount: BuildMount) -> str:
    return f"{mount.source}:{mount.target}" + ("" if mount.writable else ":ro")


class BuildLog:
    """Writes podman's lines to the image's log and tells which step is at work."""

    def __init__(self, path: Path, on_step: Callable[[int, int, str], None]) -> None:
        self.path = path
        self._on_step = on_step
        self._sink: TextIO | None = None

    def __enter__(self) -> BuildLog:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._sink = self.path.open("w", encoding="utf-8", buffering=1)
        return self

    def __exit__(self, *_: object) -> None:
        if self._sink is not None:
            self._sink.close()

    def head(self, target: Target, parent: str) -> None:
        """What is built, on what, and since when."""
        started = datetime.now(UTC).isoformat(timespec="seconds")
        self._write(f"# {target.local_name} on {parent}, {target.why.value}, begun {started}")

    def line(self, text: str) -> None:
        if (unused := UNUSED_ARGUMENTS.match(text)) and set(unused[1].split()) <= {"BASE", TOKEN_ARGUMENT}:
            return
        self._write(text)
        if step := STEP.match(text):
            self._on_step(int(step[3]), int(step[4]), step[5])

    @staticmethod
    def seconds(path: Path) -> float:
        """How long the build took that left this log; 0 where that can't be said."""
        try:
            with path.open(encoding="utf-8", errors="replace") as file:
                begun = datetime.fromisoformat(file.readline().rpartition(" begun ")[2].strip())
            return max(path.stat().st_mtime - begun.timestamp(), 0.0)
        except (OSError, ValueError):
            return 0.0

    def _write(self, text: str) -> None:
        if self._sink is not None:
            self._sink.write(text + "\n")
