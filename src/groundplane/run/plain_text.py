"""Text of other machines as plain text: without colours, cursor movements, titles, or whatever else a terminal obeys.

It is made plain where it enters a run, and before secrets are looked for: a sequence in the middle of a secret would
hide it from the search. The sequences are those of ECMA-48: https://ecma-international.org/publications-and-standards/standards/ecma-48/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_SEQUENCES = re.compile(
    r"\x1b\](?:P[0-9A-Fa-f]{7}|R)"  # the Linux console's palette, which has no end of its own
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)"  # OSC: titles, links, colours
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c\n]*(?:\x1b\\|\x9c)"  # DCS, SOS, PM, APC
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor, modes
    r"|\x1b[ -/]*[0-~]"  # all others
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def plain_text(text: str) -> str:
    """The same without control sequences and control characters; tabs and line ends stay.

    A carriage return ends a line: what it would have overwritten is kept as a line of its own.
    """
    if text.isprintable():
        return text
    return _CONTROLS.sub("", re.sub(r"\r+\n?", "\n", _SEQUENCES.sub("", text)))


def plain_data(data: Any) -> Any:
    """The same for plain data, keys included."""
    match data:
        case str():
            return plain_text(data)
        case Mapping():
            return {plain_text(str(key)): plain_data(value) for key, value in data.items()}
        case list() | tuple():
            return [plain_data(value) for value in data]
        case _:
            return data
