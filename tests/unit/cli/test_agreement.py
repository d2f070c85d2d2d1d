from __future__ import annotations

import sys

import click
import pytest

from groundplane.cli.agreement import agree
from groundplane.errors import CancelledError, InputError


class Terminal:
    """A person who types."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answer = True
        self.typed = ""
        self.asked: list[str] = []
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(click, "confirm", self._confirm)
        monkeypatch.setattr(click, "prompt", self._prompt)

    def _confirm(self, text: str, **_more: object) -> bool:
        self.asked.append(text.strip())
        return self.answer

    def _prompt(self, text: str, **_more: object) -> str:
        self.asked.append(text.strip())
        return self.typed


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(monkeypatch)


def test_yes_asks_nobody(terminal: Terminal) -> None:
    agree("Remove this?", yes=True)
    assert terminal.asked == []


def test_a_person_is_asked_and_may_say_no(terminal: Terminal) -> None:
    agree("Remove this?", yes=False)
    assert terminal.asked == ["Remove this?"]
    terminal.answer = False
    with pytest.raises(CancelledError, match="Nothing was done"):
        agree("Remove this?", yes=False)


def test_a_word_has_to_be_typed(terminal: Terminal) -> None:
    with pytest.raises(CancelledError) as caught:
        agree("Remove this?", yes=False, word="node1")
    assert caught.value.why == "node1 wasn't typed"
    terminal.typed = "node1"
    agree("Remove this?", yes=False, word="node1")


def test_a_program_is_told_what_to_add() -> None:
    with pytest.raises(InputError) as caught:
        agree("Remove this?", yes=False, as_json=True, look="Look with --check. ")
    assert caught.value.what == "Nobody is there to answer: Remove this?"
    assert caught.value.why == "--json is for programs"
    assert caught.value.cure == "Look with --check. Add --yes where it is known to be wanted."


def test_yes_alone_loses_no_data() -> None:
    with pytest.raises(InputError, match="--yes isn't enough"):
        agree("Go?", yes=True, word="node1")
    with pytest.raises(InputError, match="--confirm node2 isn't what"):
        agree("Go?", yes=True, word="node1", given="node2")
    agree("Go?", yes=True, word="node1", given="node1")
