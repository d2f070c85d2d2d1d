"""No secret leaves the engine: every text is searched for every secret before anybody sees it."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

MASK = "********"
SHORTEST = 6
"""Characters. Shorter values would blank out innocent text all over; nothing that guards a cloud is that short."""
SHORTEST_LINE = 16
"""Characters of a line of a longer secret (a key's PEM) that is looked for by itself."""
_NOT_SECRET = re.compile(r"-----(BEGIN|END)[A-Z0-9 ]+-----")


class Redactor:
    """Replaces secrets by a mask, in whatever form they are met: raw, in JSON, in a URL, in base64, line by line.

    Safe to use from several threads.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._lock = threading.Lock()
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """More secrets, that were learnt on the way."""
        forms = {form for secret in secrets for form in _forms(secret)}
        with self._lock:
            if forms <= self._forms:
                return
            self._forms |= forms
            # The longest first: a form may be the beginning of another.
            ordered = sorted(self._forms, key=len, reverse=True)
            self._pattern = re.compile("|".join(re.escape(form) for form in ordered)) if ordered else None

    def text(self, text: str) -> str:
        return text if self._pattern is None else self._pattern.sub(MASK, text)

    def data(self, data: Any) -> Any:
        """The same for plain data, keys included."""
        match data:
            case str():
                return self.text(data)
            case Mapping():
                return {self.text(str(key)): self.data(value) for key, value in data.items()}
            case list() | tuple():
                return [self.data(value) for value in data]
            case _:
                return data


def secret_strings(secrets: Any) -> set[str]:  # noqa: PLR0911 - one line a kind
    """Every text (and number) in the opened secrets, however deep."""
    match secrets:
        case str():
            return {secrets}
        case Mapping():
            return set().union(*(secret_strings(value) for value in secrets.values())) if secrets else set()
        case list() | tuple():
            return set().union(*(secret_strings(value) for value in secrets)) if secrets else set()
        case bool() | None:
            return set()
        case int() | float():
            return {str(secrets)}
        case bytes():
            return {secrets.decode(errors="replace")}
        case _:
            return set()


def _forms(secret: str) -> set[str]:
    stripped = secret.strip()
    if len(stripped) < SHORTEST:
        return set()
    plain = {secret, stripped}
    lines = [line.strip() for line in stripped.splitlines()]
    if len(lines) > 1:
        plain |= {line for line in lines if len(line) >= SHORTEST_LINE and not _NOT_SECRET.fullmatch(line)}
    forms = set(plain)
    for text in plain:
        escaped = json.dumps(text)[1:-1]
        forms |= {escaped, json.dumps(text, ensure_ascii=False)[1:-1], json.dumps(escaped)[1:-1]}
        forms |= {quote(text), quote(text, safe=""), repr(text)[1:-1]}
        forms |= _base64_forms(text.encode())
    return {form for form in forms if len(form) >= SHORTEST}


def _base64_forms(secret: bytes) -> set[str]:
    """How the secret looks inside base64 of something longer: three alignments, without the characters at the rims
    that depend on the neighbours."""
    found: set[str] = set()
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + secret).decode().rstrip("=")
        start = (0, 2, 3)[shift]
        end = len(encoded) if (shift + len(secret)) % 3 == 0 else len(encoded) - 1
        inner = encoded[start:end]
        if len(inner) >= SHORTEST:
            found |= {inner, inner.replace("+", "-").replace("/", "_")}
    return found
