"""Runs on a host, as root: answers which images its container engines have, and from which its containers run.

It comes to the host over ssh's standard input and leaves nothing behind. It only reads. Standard library alone,
Python 3.9 and later. The answer is one line of JSON:

    {"groundplane_images": 1, "engines": {NAME: {"error": "…"} or
        {"images": {ID: [REPOSITORY@DIGEST, REPOSITORY:TAG, …]}, "containers": [{"name", "image", "id"}]}}}

`image` is what the container was made from, as it was named then; `id` is the image that this was.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

ENGINES = ("docker", "podman")
SECONDS = 20


class AskError(Exception):
    """The engine doesn't answer; the message is its last line."""


def ask(*words: str) -> str:
    """What a program prints."""
    try:
        done = subprocess.run(list(words), capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AskError(f"{words[0]} does not answer ({type(error).__name__})") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise AskError(said[-1] if said else f"{words[0]} ended with {done.returncode}")
    return done.stdout


def inspect(engine: str, kind: str, ids: list[str]) -> list[dict[str, Any]]:
    """All at once; where one has gone meanwhile the engine still prints the others."""
    if not ids:
        return []
    try:
        done = subprocess.run(
            [engine, kind, "inspect", *ids], capture_output=True, text=True, timeout=SECONDS, check=False
        )
        found: list[dict[str, Any]] = json.loads(done.stdout or "[]")
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise AskError(f"{engine} does not answer ({type(error).__name__})") from error
    return found


def look(engine: str) -> dict[str, Any]:
    """One engine's images and running containers."""
    try:
        ids = sorted(set(ask(engine, "image", "ls", "--quiet", "--no-trunc").split()))
        images = inspect(engine, "image", ids)
        containers = inspect(engine, "container", ask(engine, "ps", "--quiet", "--no-trunc").split())
    except AskError as error:
        return {"error": str(error)}
    return {
        "images": {
            named(image["Id"]): [*(image.get("RepoDigests") or []), *(image.get("RepoTags") or [])] for image in images
        },
        "containers": [
            {
                "name": container["Name"].lstrip("/"),
                # podman says in ImageName what docker says in Config.Image.
                "image": container.get("ImageName") or container["Config"]["Image"],
                "id": named(container["Image"]),
            }
            for container in containers
        ],
    }


def named(image: str) -> str:
    """An image's id with its algorithm, which podman leaves out."""
    return image if ":" in image else f"sha256:{image}"


def answer() -> str:
    engines = {name: look(name) for name in ENGINES if shutil.which(name)}
    return json.dumps({"groundplane_images": 1, "engines": engines})
