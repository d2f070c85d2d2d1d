"""Rendered Dockerfiles, made fit for our builder: the same text on any day, parents by argument, uv instead of pip."""

from __future__ import annotations

import re
from dataclasses import dataclass

from groundplane.errors import FailedError
from groundplane.supply.kolla.configuration import DISABLED, NAMESPACE

INSTALL = "/usr/local/sbin/pip-install"
UNNEEDED = (
    # Which distribution it is says the recipe.
    ("/etc/os-release", "PRETTY_NAME"),
    # Debian's OVN has a script that knows relays.
    ("curl ", "-o /usr/share/ovn/scripts/ovn-ctl"),
)
"""Words of steps that do no good here and stand in no block that an override could replace."""

_FROM = re.compile(r"^FROM[ \t]+(\S+).*$", re.MULTILINE)
_BUILD_DATE = re.compile(r'[ \t]+build-date="\d*"')
_PIP = re.compile(r"(?<![\w/.-])(?:python3 -m pip|pip3?)(?: --no-cache-dir)? install(?= )")
_ARCHIVE = re.compile(r"^[ \t]*(?:ADD|COPY)[ \t]+(\S+)-archive[ \t]", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n{3,}")
_COMMENT = re.compile(r"^[ \t]*#")


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """`parent` is the short name of Kolla's image that it stands on, None for the distribution's own."""

    text: str
    parent: str | None


def added_archives(text: str) -> tuple[str, ...]:
    """Names (without `-archive`) of the source archives that a Dockerfile adds."""
    return tuple(dict.fromkeys(_ARCHIVE.findall(text)))


def normalise(text: str, image: str) -> Dockerfile:
    """A Dockerfile for our builder out of one that kolla-build rendered.

    The first FROM becomes the build argument BASE. Steps that only check the distribution or write repositories that
    are switched off go, and so does the build date. `pip install` becomes the build's own tool.

    Raises:
        FailedError: it has no FROM, or more than one.
    """
    found = _FROM.findall(text)
    if len(found) != 1:
        raise FailedError(
            f"Kolla's Dockerfile of {image} has {len(found)} FROM lines, one was expected",
            cure="Check the template overrides that touch it; multi-stage builds can't be done here.",
        )
    reference = found[0]
    parent = None
    if reference.startswith(f"{NAMESPACE}/"):
        parent = reference.removeprefix(f"{NAMESPACE}/").partition(":")[0]
    text = _FROM.sub("ARG BASE\nFROM ${BASE}", text, count=1)
    text = _BUILD_DATE.sub("", text)
    lines: list[str] = []
    for step in _steps(text):
        if _unneeded(step):
            continue
        lines += step
    text = _PIP.sub(INSTALL, "\n".join(lines))
    return Dockerfile(_BLANK_LINES.sub("\n\n", text).strip() + "\n", parent)


def _steps(text: str) -> list[list[str]]:
    """The lines of each instruction; comments and blank lines stand alone, unless inside an instruction."""
    steps: list[list[str]] = []
    open_step = False
    for line in map(str.rstrip, text.splitlines()):
        if open_step and (_COMMENT.match(line) or not line):
            continue
        if open_step:
            steps[-1].append(line)
        else:
            steps.append([line])
        open_step = line.endswith("\\") and not _COMMENT.match(line)
    return steps


def _unneeded(step: list[str]) -> bool:
    text = "\n".join(step)
    if not text.startswith("RUN "):
        return bool(_COMMENT.match(text))
    repository = text.startswith("RUN echo 'Uris: ") and f"'Uris: {DISABLED}'" in text
    return repository or any(all(word in text for word in words) for words in UNNEEDED)
