"""Spans of time as people write them: 300 (seconds), 5m, 10h, 1d."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

DAY = 86400
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": DAY}
_WRITTEN = re.compile(r"\s*(\d+)\s*([smhd]?)\s*")


def seconds(given: Any) -> int:
    """A span in seconds.

    Raises:
        PydanticCustomError: it is none.
    """
    if isinstance(given, int) and not isinstance(given, bool) and given >= 0:
        return given
    found = _WRITTEN.fullmatch(given) if isinstance(given, str) else None
    if found is None:
        raise PydanticCustomError("duration", "it is no span of time: write seconds, or for example 5m, 10h, 1d")
    return int(found[1]) * _UNITS[found[2] or "s"]


def in_words(span: int) -> str:
    """The shortest way to write a span of seconds: 5m, 10h, 1d, 90s."""
    for unit, size in sorted(_UNITS.items(), key=lambda item: -item[1]):
        if span and span % size == 0:
            return f"{span // size}{unit}"
    return f"{span}s"


Duration = Annotated[
    int,
    BeforeValidator(seconds),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": r"^\d+[smhd]?$"}]}),
]
"""A span of time; in seconds once it is read."""
