"""What a failed build's log says: the step, its last lines, and the cause where it is a known one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from groundplane.errors import FailedError
from groundplane.supply.build.podman_build import STEP

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SHOWN_LINES = 15
LONGEST_LINE = 300
TAIL_BYTES = 262_144
NOISE = re.compile(
    r"^(?:\s*|Getting image source signatures|Copying (?:blob|config) .*|Writing manifest .*|Storing signatures"
    r"|(?:Error: )?error building at STEP .*|Error: building at STEP .*|.*exit status \d+|\+ .*"
    r"|(?:Get|Hit|Ign):\d+ .*|(?:Selecting|Preparing to|Unpacking|Setting up|Processing triggers) .*"
    r"|\(Reading database .*|Reading (?:package lists|state information).*|Building dependency tree.*"
    r"|debconf: .*|\[notice\] .*|Fetched .*)$"
)
NO_SPACE = re.compile(
    r"no space left on device|disk quota exceeded|enough free space|ENOSPC"
    # What podman says of a full disk for temporary files while it commits a layer; the cause itself is lost.
    r"|storing layer \S+ to file",
    re.IGNORECASE,
)
NO_MEMORY = re.compile(r"out of memory|cannot allocate memory|MemoryError|\bKilled\b|exit status 137", re.IGNORECASE)
APT_UNREACHABLE = re.compile(
    r"(?:^|\s)(?:E|W|Err:\d+):? .*?(?:Could not resolve|Could not connect|Temporary failure resolving|Unable to connect"
    r"|Failed to fetch|Connection (?:failed|timed out|refused)|Cannot initiate the connection)|^Err:\d+ ",
    re.IGNORECASE | re.MULTILINE,
)
APT_ADDRESS = re.compile(r"(?:^Err:\d+ |Failed to fetch )(https?://[^\s/]+)", re.MULTILINE)
APT_VERSION = re.compile(r"E: Version '([^']+)' for '([^']+)' was not found")
APT_PACKAGE = re.compile(r"E: (?:Unable to locate package (\S+)|Package '(\S+)' has no installation candidate)")
PIP_UNREACHABLE = re.compile(
    r"error sending request|dns error|tcp connect error|client error \(Connect\)|NewConnectionError|ConnectTimeoutError"
    r"|Max retries exceeded with url|Failed to fetch: `|Could not fetch URL|certificate verify failed"
    r"|invalid peer certificate|Connection to \S+ timed out",
    re.IGNORECASE,
)
PIP_ADDRESS = re.compile(r"(?:Failed to fetch: `|url \(|fetch URL )(https?://[^\s/`)]+)")
PIP_PACKAGE = re.compile(
    r"(?:No matching distribution found for (\S+)|Because there is no version of (\S+?==\S+?)[ ,]"
    r"|Because (\S+) was not found in the package registry)"
)


class NoSpaceError(FailedError):
    """The disk filled up: what else would be built would fail as well."""


def build_failure(name: str, code: int, log: Path) -> FailedError:
    """The error for an image whose build ended with a code other than 0; read from its log."""
    text = _tail(log)
    step, lines = last_step(text)
    shown = meaningful(lines)
    at = f"{name} failed at {step}" if step else f"{name} failed (podman ended with {code})"
    said = "\n".join(shown)
    whole = "\n".join(lines)
    if NO_SPACE.search(whole):
        return no_space(name, said)
    cause = _apt_cause(whole) or _pip_cause(whole)
    if cause is not None:
        return FailedError(f"{name} failed: {cause[0]}", why=said, cure=cause[1])
    if NO_MEMORY.search(whole):
        cure = "This machine may have run out of memory (dmesg): build fewer side by side with --parallel 1"
        return FailedError(at, why=said, cure=cure)
    return FailedError(at, why=said)


def _apt_cause(text: str) -> tuple[str, str] | None:
    """What is wrong with the Debian mirror, and the cure."""
    if found := APT_VERSION.search(text):
        return f"the Debian mirror no longer has {found[2]} {found[1]}", (
            "Name a mirror that keeps old versions (images.mirrors.apt in site.yml), load the bundle that was made "
            "with this lock, or let the versions move: groundplane images lock --upgrade"
        )
    if APT_UNREACHABLE.search(text):
        where = f" {found[1]}" if (found := APT_ADDRESS.search(text)) else ""
        return f"the Debian mirror{where} can't be reached", (
            "Check this machine's network and its apt (apt-get update); another mirror or a proxy goes to "
            "images.mirrors.apt, apt_security and apt_proxy in site.yml"
        )
    if found := APT_PACKAGE.search(text):
        return f"the Debian mirror has no package {found[1] or found[2]}", (
            "Check the mirror (images.mirrors.apt in site.yml) and the recipe that asks for the package."
        )
    return None


def _pip_cause(text: str) -> tuple[str, str] | None:
    """What is wrong with the Python package index, and the cure."""
    if PIP_UNREACHABLE.search(text):
        where = f" {found[1]}" if (found := PIP_ADDRESS.search(text)) else ""
        return f"the Python package index{where} can't be reached", (
            "Check this machine's network and its pip (pip config list); another index goes to images.mirrors.pip in "
            "site.yml"
        )
    if found := PIP_PACKAGE.search(text):
        package = next(group for group in found.groups() if group)
        return f"the Python package index has no {package}", (
            "Name an index that has it (images.mirrors.pip in site.yml), or change the pin that asks for it."
        )
    return None


def no_space(name: str, said: str, folder: Path | None = None) -> NoSpaceError:
    """The error for a full disk."""
    where = f" (df -h {folder})" if folder is not None else " (df -h)"
    return NoSpaceError(
        f"{name} failed: the disk is full",
        why=said,
        cure=(
            f"See where{where}; groundplane images prune removes images that no lock and no plan needs. Then call "
            "again: what is built stays built."
        ),
    )


def last_step(text: str) -> tuple[str, list[str]]:
    """The step at which it ended (STEP 3/10: RUN …, cut short), and what was printed since."""
    lines = text.splitlines()
    for number in range(len(lines) - 1, -1, -1):
        if found := STEP.match(lines[number]):
            words = " ".join(found[5].split())
            short = words if len(words) <= 100 else f"{words[:99]}…"  # noqa: PLR2004 - what fits in a terminal's line
            return f"step {found[3]} of {found[4]} ({short})", lines[number + 1 :]
    return "", lines


def meaningful(lines: Sequence[str]) -> list[str]:
    """The last lines that say something; where all are noise, the last ones as they are."""
    shown = [line for line in lines if not NOISE.match(line)] or [line for line in lines if line.strip()]
    return [_shortened(line) for line in shown[-SHOWN_LINES:]]


def _shortened(line: str) -> str:
    """Its beginning and its end: podman puts the cause last."""
    half = LONGEST_LINE // 2 - 2
    return line if len(line) <= LONGEST_LINE else f"{line[:half]} … {line[-half:]}"


def _tail(log: Path) -> str:
    try:
        with log.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - TAIL_BYTES))
            return file.read().decode(errors="replace")
    except OSError:
        return ""
