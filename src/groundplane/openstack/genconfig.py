"""What a run in check mode would change in the files of services, from the lines that Ansible printed."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BEGIN = "--- before"
_HOST = re.compile(r"(?:changed|ok): \[([^\]\s]+)")


@dataclass(frozen=True, slots=True)
class Difference:
    """One file on one host. `lines` are those of a unified diff, without its head."""

    host: str
    path: str
    lines: tuple[str, ...]


def differences(log: str) -> tuple[Difference, ...]:
    """The files whose content would be another, in the order of the log; of a step's log, free of secrets."""
    found: list[Difference] = []
    open_: list[tuple[str, list[str]]] = []
    for line in log.splitlines():
        if line.startswith(_BEGIN):
            open_.append((line.removeprefix(_BEGIN).removeprefix(":").strip(), []))
        elif (match := _HOST.match(line)) is not None:
            found += [Difference(match[1], path, tuple(lines)) for path, lines in open_ if path and lines]
            open_ = []
        elif open_ and not line.startswith("+++ after") and line:
            open_[-1][1].append(line)
    return tuple(found)
