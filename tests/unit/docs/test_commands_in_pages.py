"""Every command that a page or a message tells a person to type exists, with the options that it gives it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from groundplane.cli.main import COMMANDS, groundplane

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted(
    page for folder in ("docs", "docs/decisions", "changelog.d", ".") for page in ROOT.glob(f"{folder}/*.md")
)
CODE = sorted(
    path
    for folder, endings in {"src": {".py", ".j2"}, "roles": {".py", ".yml"}, "environments": {".yml"}}.items()
    for path in (ROOT / folder).rglob("*")
    if path.suffix in endings
)
IN_TEXT = re.compile(r"\bgroundplane ((?:[a-z]+)(?: (?:--)?[a-z][a-z-]+)*)")
VERBS = {"command", "lists"}
"""What a sentence goes on with after the name of a group of commands."""
IN_LINE = re.compile(r"`(?:groundplane|gp) ([^`]+)`", re.DOTALL)
IN_BLOCK = re.compile(r"^\s*(?:groundplane|gp) (.+)$", re.MULTILINE)
BLOCK = re.compile(r"^```\w+\n(.*?)^```", re.DOTALL | re.MULTILINE)


def typed(text: str) -> Iterator[str]:
    """What follows `groundplane` in a page's code, without comments and what comes after it in a shell."""
    blocks = [line for block in BLOCK.findall(text) for line in IN_BLOCK.findall(block)]
    for found in [*IN_LINE.findall(BLOCK.sub("", text)), *blocks]:
        yield re.split(r"(?:^|\s)#|[;|]|&&", " ".join(str(found).split()))[0].strip()


def options_of(command: click.Command) -> dict[str, click.Option]:
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    return {name: option for option in options for name in (*option.opts, *option.secondary_opts)}


def problem(line: str) -> str | None:
    """What is wrong with a command line, as far as names of commands, options and the place for words go."""
    command: click.Command = groundplane
    context = click.Context(groundplane)
    known = options_of(groundplane)
    words = iter(shlex.split(re.sub(r"[…\[\]]", "", line)))
    for word in words:
        if word.startswith("-"):
            name, _, value = word.partition("=")
            if name in {"-h", "--help", "--version"}:
                continue
            if name not in known:
                return f"there is no option {name}"
            if not value and not known[name].is_flag and not known[name].count:
                next(words, None)
        elif isinstance(command, click.Group):
            # A placeholder, such as in `groundplane openstack SUB-COMMAND`.
            if word.isupper():
                return None
            try:
                inner = command.get_command(context, word)
            except ModuleNotFoundError as error:
                return str(error)
            if inner is None:
                return f"there is no command {word}"
            command, known = inner, known | options_of(inner)
        elif not any(isinstance(parameter, click.Argument) for parameter in command.params):
            return f"{command.name} takes no {word}"
    return None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_says_to_type_can_be_typed(page: Path) -> None:
    wrong = {line: found for line in typed(page.read_text(encoding="utf-8")) if (found := problem(line))}
    assert wrong == {}


def test_commands_in_messages_and_comments_exist() -> None:
    wrong = {}
    for path in CODE:
        for line in IN_TEXT.findall(path.read_text(encoding="utf-8")):
            name, *_ = line.split()
            if name not in COMMANDS or not (found := problem(line)):
                continue
            # Sentences go on after a command; what is told for sure is an option or a command within a group.
            if "no option" in found or ("no command" in found and found.split()[-1] not in VERBS):
                wrong[f"{path.relative_to(ROOT)}: {line}"] = found
    assert wrong == {}
