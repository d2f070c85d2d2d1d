"""Names of override files, as the catalogue has them: `nova/{{ inventory_hostname }}/nova.conf`, `horizon/**`."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_JINJA = re.compile(r"\{\{.*?\}\}")
_PARTS = re.compile(r"\{\{\s*inventory_hostname\s*\}\}|\{\{.*?\}\}|\*\*|\*|\?|[^*?{]+|\{")


def matches(name: str, patterns: Iterable[str], hosts: Collection[str]) -> bool:
    """Whether one of the patterns stands for the file; an expression other than the host's name for any part of it."""
    for pattern in patterns:
        if found := _compiled(pattern).fullmatch(name):
            host = found.groupdict().get("host")
            if host is None or host in hosts:
                return True
    return False


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    words = []
    named = False
    for part in _PARTS.findall(pattern):
        if part == "**":
            words.append(".+")
        elif part == "*" or (_JINJA.fullmatch(part) and "inventory_hostname" not in part):
            words.append("[^/]+")
        elif part == "?":
            words.append("[^/]")
        elif _JINJA.fullmatch(part):
            words.append("(?P=host)" if named else "(?P<host>[^/]+)")
            named = True
        else:
            words.append(re.escape(part))
    return re.compile("".join(words))
