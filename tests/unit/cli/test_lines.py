from __future__ import annotations

from io import StringIO

from rich.console import Console
from rich.text import Text

from groundplane.cli.lines import NEXT, WARNING, say, wrapped

LONG = "/a/path/that/is/longer/than/the/terminal/is/wide"


def told(text: str, *, width: int = 40, terminal: bool = True, **more: object) -> list[str]:
    out = Console(file=StringIO(), force_terminal=terminal, width=width, color_system=None, highlight=False)
    say(out, text, **more)  # type: ignore[arg-type]
    assert isinstance(out.file, StringIO)
    return out.file.getvalue().splitlines()


def test_further_lines_begin_below_the_first_word() -> None:
    text = "one two three four five six seven eight nine"
    assert told(text, mark=WARNING, indent=2) == ["  ! one two three four five six seven", "    eight nine"]


def test_what_is_copied_is_not_broken() -> None:
    assert told(f"look at {LONG} now", mark=NEXT) == ["→ look at", f"  {LONG}", "  now"]


def test_in_a_pipe_a_sentence_is_a_line() -> None:
    assert told("word " * 30 + "end", terminal=False) == ["word " * 30 + "end"]


def test_paragraphs_and_styles_stay() -> None:
    text = Text.from_markup("[bold]one two[/] three\n\nfour")
    lines = list(wrapped(text, 8))
    assert [line.plain for line in lines] == ["one two", "three", "", "four"]
    assert str(lines[0].spans[0].style) == "bold"
