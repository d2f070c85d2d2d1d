"""Override files of oslo.config's kind: read by keys, and laid one over the other.

As Kolla reads them (its merge_configs, and oslo.config's iniparser): a line that begins with white space goes on the
value before it, a key that stands twice has two values, and what another file says replaces all values of a key.
Jinja's own lines ({% if … %}) stay where they are; a file that has them is kept as a whole.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SUFFIXES = (".conf", ".ini", ".cnf")
SECTION = re.compile(r"^\[(?P<name>[^\]]+)\]\s*(?:[#;].*)?$")
ASSIGNMENT = re.compile(r"^(?P<key>[^\s=:\[#;][^=:]*?)\s*[=:]\s*(?P<value>.*)$")
NOWHERE = ""
"""Stands for keys before the first section."""

Sections = dict[str, dict[str, list[str]]]


class NotIniError(ValueError):
    """A line that is neither a section, nor an assignment, nor what goes on one; or Jinja's own."""


def parse(text: str) -> Sections:
    """Section to key to values.

    Raises:
        NotIniError: with the line's number in it.
    """
    found: Sections = {}
    current: dict[str, list[str]] | None = None
    last: list[str] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if not bare or bare[0] in "#;":
            last = None if not bare else last
            continue
        if section := SECTION.match(line):
            current = found.setdefault(section["name"].strip(), {})
            last = None
        elif line[0].isspace() and last is not None:
            last[-1] = f"{last[-1]}\n{bare}"
        elif assignment := ASSIGNMENT.match(bare):
            current = found.setdefault(NOWHERE, {}) if current is None else current
            last = current.setdefault(assignment["key"].strip(), [])
            last.append(assignment["value"].strip())
        else:
            raise NotIniError(f"line {number}")
    return found


def merge(below: Mapping[str, Mapping[str, list[str]]], above: Mapping[str, Mapping[str, list[str]]]) -> Sections:
    """What `above` says replaces all values of a key; the rest stays."""
    found: Sections = {name: dict(keys) for name, keys in below.items()}
    for name, keys in above.items():
        found.setdefault(name, {}).update(keys)
    return found


def write(sections: Mapping[str, Mapping[str, list[str]]]) -> str:
    """The text of a file."""
    blocks = []
    for name, keys in sorted(sections.items(), key=lambda item: item[0] != NOWHERE):
        lines = [f"[{name}]"] if name != NOWHERE else []
        for key, values in keys.items():
            lines += [f"{key} = {value.replace(chr(10), chr(10) + '    ')}".rstrip() for value in values]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)
