"""Builds tiny images and says what became of them; run as a program, so that it can be killed.

    python -m tests.integration.image_builds CACHE RECIPES.json

RECIPES.json is a list of {name, parent, run}: `run` are the lines after FROM.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundplane.errors import GroundplaneError
from groundplane.machine.cancel import CancelToken, cancel_on_signals
from groundplane.machine.podman import host_podman
from groundplane.supply.build import BuildResult, build_images
from groundplane.supply.model import Maker, Recipe
from groundplane.supply.store import open_store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from groundplane.machine.podman import Podman
    from groundplane.supply.build.events import BuildEvent

RELEASE = "2026.1"


class Printer:
    """An event a line, for who waits for one."""

    def see(self, event: BuildEvent) -> None:
        sys.stdout.write(f"{event.kind.value} {event.image or ''} {event.data.get('step', '')}".rstrip() + "\n")
        sys.stdout.flush()

    def close(self) -> None:
        pass


def recipes_of(cache: Path, described: Sequence[Mapping[str, Any]]) -> list[Recipe]:
    """Recipes with a context each, below the cache."""
    found = []
    for each in described:
        text = f"ARG BASE\nFROM $BASE\n{each['run']}\n"
        context = cache / "contexts" / hashlib.sha256(text.encode()).hexdigest()[:12]
        context.mkdir(parents=True, exist_ok=True)
        (context / "Dockerfile").write_text(text, encoding="utf-8")
        digest = hashlib.sha256(text.encode()).hexdigest()
        found.append(Recipe(each["name"], each["parent"], "trixie", context, digest, Maker.OWN))
    return found


def build(cache: Path, described: Sequence[Mapping[str, Any]], *, podman: Podman | None = None) -> BuildResult:
    """Builds them, two side by side."""
    podman, cancel = podman or host_podman(), CancelToken()
    with open_store(cache=cache, podman=host_podman()) as store, cancel_on_signals(cancel):
        return build_images(
            recipes_of(cache, described),
            store=store,
            podman=podman,
            cache=cache,
            release=RELEASE,
            parallel=2,
            watcher=Printer(),
            cancel=cancel,
        )


def main() -> None:
    cache, described = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    try:
        build(cache, described).raise_unless_done()
    except GroundplaneError as error:
        sys.stdout.write(f"{error.what}\n{error.why}\n{error.cure}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
