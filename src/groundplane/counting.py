"""Numbers of things, as people say them."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """1 host, 1,000 hosts. For nouns whose plural takes an s."""
    return f"{number} {noun}" if number == 1 else f"{number:,} {noun}s"
