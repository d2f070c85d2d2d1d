"""Asking a person before something is done, in the same words everywhere, also where nobody can be asked."""

from __future__ import annotations

import sys

import click

from groundplane.errors import CancelledError, InputError


def agree(question: str, *, yes: bool, as_json: bool = False, look: str = "", word: str = "", given: str = "") -> None:
    """Asks, unless `yes` has answered.

    Args:
        question: such as "Carry out this plan?".
        look: what a program does first, as a part of a sentence: "Look with --check first. ".
        word: what has to be typed, because data could be lost; then `yes` isn't enough without it in `given`.
        given: the word that --confirm brought.

    Raises:
        InputError: nobody can be asked, or --confirm isn't the word.
        CancelledError: a person says no.
    """
    if word and given and given != word:
        raise InputError(f"--confirm {given} isn't what this plan asks for", cure=f"It asks for: --confirm {word}")
    if yes and (not word or given == word):
        return
    if as_json or yes or not sys.stdin.isatty() or not sys.stdout.isatty():
        options = f"--yes --confirm {word}" if word else "--yes"
        raise InputError(
            "This plan could lose data, so --yes isn't enough" if yes else f"Nobody is there to answer: {question}",
            why="" if yes else "--json is for programs" if as_json else "this is not a terminal",
            cure=f"{look}Add {options} where it is known to be wanted.",
        )
    if word:
        if click.prompt(f"\nType {word} to go on", default="", show_default=False) != word:
            raise CancelledError("Nothing was done", why=f"{word} wasn't typed")
    elif not click.confirm(f"\n{question}", default=False):
        raise CancelledError("Nothing was done", why="it was declined")
