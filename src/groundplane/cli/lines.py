"""Sentences on a console: what stands before them means the same everywhere, and they are wrapped between words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from groundplane.colours import ATTENTION, BAD, GOOD, NEW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

DONE = f"[{GOOD}]✔[/]"
FAILED = f"[{BAD}]✘[/]"
WARNING = f"[{ATTENTION}]![/]"
PAUSED = f"[{ATTENTION}]⏸[/]"
NOTE = f"[{NEW}]·[/]"
NEXT = f"[{GOOD}]→[/]"
"""What to do now: a command, or a sentence with one."""


def say(terminal: Console, text: str, *, mark: str = "", indent: int = 0, style: str = "") -> None:
    """A sentence, as markup, after `mark`; further lines begin below its first word.

    In a pipe it stays one line. A word that is longer than the terminal is wide is left to the terminal, so that a path
    can still be copied.
    """
    head = Text.from_markup(f"{' ' * indent}{mark}{' ' if mark else ''}", emoji=False)
    body = Text.from_markup(text, emoji=False, style=style)
    if not terminal.is_terminal:
        terminal.print(head + body, soft_wrap=True)
        return
    for number, line in enumerate(wrapped(body, max(terminal.width - head.cell_len, 20))):
        before = head if number == 0 else Text(" " * head.cell_len)
        terminal.print(before + line, soft_wrap=True)


def wrapped(text: Text, width: int) -> Iterator[Text]:
    """Lines of at most `width` columns, broken at blanks alone; rich would break long words, or none at all."""
    for paragraph in text.split("\n", allow_blank=True):
        breaks, used = [], 0
        for word in re.finditer(r"\s*\S+", paragraph.plain):
            wide = cell_len(word.group())
            if used and used + wide > width:
                breaks.append(word.start())
                wide -= len(word.group()) - len(word.group().lstrip())
                used = 0
            used += wide
        for number, line in enumerate(paragraph.divide(breaks)):
            line.rstrip()
            yield line[len(line.plain) - len(line.plain.lstrip()) :] if number else line
