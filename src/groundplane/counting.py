"""Numbers of things, lengths of time and amounts of bytes, as people say them."""

from __future__ import annotations

MEGABYTE = 10**6
GIGABYTE = 10**9


def counted(number: int, noun: str) -> str:
    """1 host, 1,000 hosts. For nouns whose plural takes an s."""
    return f"{number} {noun}" if number == 1 else f"{number:,} {noun}s"


def duration(seconds: float) -> str:
    """As people say it: 0.4s, 12s, 3m05s, 1h02m."""
    if seconds < 10:  # noqa: PLR2004
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}m{rest:02d}s" if minutes < 60 else f"{minutes // 60}h{minutes % 60:02d}m"  # noqa: PLR2004


def size(amount: int) -> str:
    """As people say it: 85 MB, 1.2 GB."""
    return f"{amount / MEGABYTE:.0f} MB" if amount < GIGABYTE else f"{amount / GIGABYTE:.1f} GB"
