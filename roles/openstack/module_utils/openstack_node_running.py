"""Programs in a host's containers, for what takes a node out of a cloud."""

from __future__ import annotations

import shutil
import subprocess

ENGINES = ("docker", "podman")
SECONDS = 180


class NodeError(Exception):
    """Something refuses; the message says what, and what next."""


def run(*words: str) -> tuple[int, str, str]:
    """Its exit code, output and errors."""
    try:
        done = subprocess.run(list(words), capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NodeError(f"{words[0]} does not answer ({type(error).__name__})") from error
    return done.returncode, done.stdout, done.stderr


def engine_here() -> str:
    found = next((name for name in ENGINES if shutil.which(name)), "")
    if not found:
        raise NodeError("the host has no container engine")
    return found


def must(answer: tuple[int, str, str], what: str) -> str:
    """The output; a program that fails stops the work."""
    code, output, errors = answer
    if code != 0:
        said = (errors or output).strip().splitlines()
        raise NodeError(f"{what}: {said[-1] if said else f'it ended with {code}'}")
    return output
