"""What another machine said can't colour, move or name anybody's terminal."""

from __future__ import annotations

import pytest

from groundplane.run.plain_text import plain_data, plain_text


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("plain, with ümläuts", "plain, with ümläuts"),
        ("\x1b[0;1;38:5:185mred\x1b[0m", "red"),
        ("\x1b[?7hon \x1b[?25l\x1b[6n\x1b[!p", "on "),
        ("\x1b]0;a title\x07text", "text"),
        ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bP1$r0m\x1b\\after", "after"),
        ("\x1b]R\x1b]P0000000palette", "palette"),
        # Never ended: what follows is text, and is shown.
        ("\x1b]0;lost\nnext", "0;lost\nnext"),
        ("\x1b(B\x1b7\x1bccharsets", "charsets"),
        ("\x9b31mone byte\x9b0m", "one byte"),
        ("bell\x07 back\x08 null\x00 del\x7f", "bell back null del"),
        ("a\r\nb\tc\n", "a\nb\tc\n"),
        ("10 %\r20 %", "10 %\n20 %"),
        ("[  OK  ] stays", "[  OK  ] stays"),
    ],
)
def test_only_text_is_left(said: str, plain: str) -> None:
    assert plain_text(said) == plain


def test_data_is_made_plain_wherever_text_is() -> None:
    assert plain_data({"\x1b[1mkey": ["\x1b[0mone", 2, None, {"x": ("\x07",)}]}) == {
        "key": ["one", 2, None, {"x": [""]}]
    }
