"""Asking a person for a password, where a terminal is at hand. Standard output stays free for the answer."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable


def ask_or_none(prompt: str = "Vault password") -> Callable[[], str] | None:
    """A function that asks, or None where nobody can be asked."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    return lambda: str(click.prompt(prompt, hide_input=True, err=True))


def ask_twice_or_none(prompt: str = "New vault password") -> Callable[[], str] | None:
    """As `ask_or_none`, for a password that is new."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    return lambda: str(click.prompt(prompt, hide_input=True, confirmation_prompt=True, err=True))
