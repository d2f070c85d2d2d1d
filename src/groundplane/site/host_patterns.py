"""Ansible's host patterns and host ranges.

Source of the rules: Ansible's documentation, "Patterns: targeting hosts and groups" and "How to build your
inventory" (ranges of hosts). Written from their description; ansible-core is not imported.
"""

from __future__ import annotations

import re
import string
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_SPLIT = re.compile(r"(?:[^\s:\[\]]|\[[^\]]*\])+")
_SUBSCRIPT = re.compile(r"^(.+)\[(?:(-?[0-9]+)|([0-9]+)[:-]([0-9]*))\]$")
_RANGE = re.compile(r"\[([^\[\]]*)\]")
_GLOB = frozenset("*?[")
MOST_HOSTS = 100_000
"""A range of more hosts than this is a slip of the pen."""


def expand_range(pattern: str) -> list[str]:
    """`node[01:03]` to node01, node02, node03; letters and a third number (the step) work too.

    Raises:
        ValueError: the range makes no sense; the text says why.
    """
    found = _RANGE.search(pattern)
    if found is None:
        if "[" in pattern or "]" in pattern:
            raise ValueError("a bracket of the range is missing")
        return [pattern]
    head, tail = pattern[: found.start()], pattern[found.end() :]
    rests = expand_range(tail)
    names = [f"{head}{middle}{rest}" for middle in _members(found.group(1)) for rest in rests]
    if len(names) > MOST_HOSTS:
        raise ValueError(f"the range has more than {MOST_HOSTS} hosts")
    return names


def _members(text: str) -> list[str]:
    bounds = text.split(":")
    if len(bounds) not in (2, 3):
        raise ValueError("a range is written [FIRST:LAST] or [FIRST:LAST:STEP]")
    first, last = bounds[0] or "0", bounds[1]
    step = bounds[2] if len(bounds) == 3 else "1"  # noqa: PLR2004 - first, last, step
    if not last:
        raise ValueError("the range has no end")
    if not step.isdigit() or int(step) == 0:
        raise ValueError("the range's step has to be a positive number")
    letters = string.ascii_letters
    if len(first) == 1 and len(last) == 1 and first in letters and last in letters:
        if letters.index(first) > letters.index(last):
            raise ValueError("the range ends before it begins")
        return list(letters[letters.index(first) : letters.index(last) + 1 : int(step)])
    if not (first.isdigit() and last.isdigit()):
        raise ValueError("a range has numbers or single letters")
    width = len(first) if first.startswith("0") and len(first) > 1 else 0
    if width and width != len(last):
        raise ValueError("with leading zeros, both ends need the same number of digits")
    if int(first) > int(last):
        raise ValueError("the range ends before it begins")
    if (int(last) - int(first)) // int(step) >= MOST_HOSTS:
        raise ValueError(f"the range has more than {MOST_HOSTS} hosts")
    return [str(number).zfill(width) for number in range(int(first), int(last) + 1, int(step))]


def split_pattern(pattern: str) -> list[str]:
    """The parts of a pattern: separated by commas, or by colons that aren't inside brackets."""
    parts = pattern.split(",") if "," in pattern else _SPLIT.findall(pattern)
    return [part.strip() for part in parts if part.strip()]


def match_pattern(pattern: str, hosts: Sequence[str], group_hosts: Mapping[str, Sequence[str]]) -> list[str]:
    """The hosts that a pattern means, in Ansible's order: what is named first comes first.

    `group_hosts` has all hosts of each group, those of its children included. Names that don't exist match nothing.

    Raises:
        ValueError: a regular expression is broken.
    """
    parts = split_pattern(pattern)
    plain = [part for part in parts if part[0] not in "&!"] or (["all"] if parts else [])
    chosen: dict[str, None] = {}
    for part in plain:
        chosen.update(dict.fromkeys(_one(part, hosts, group_hosts)))
    for part in parts:
        if part[0] == "&":
            keep = set(_one(part[1:], hosts, group_hosts))
            chosen = {host: None for host in chosen if host in keep}
    for part in parts:
        if part[0] == "!":
            drop = set(_one(part[1:], hosts, group_hosts))
            chosen = {host: None for host in chosen if host not in drop}
    return list(chosen)


def unknown_parts(pattern: str, hosts: Sequence[str], group_hosts: Mapping[str, Sequence[str]]) -> list[str]:
    """The names in a pattern that are neither a host nor a group; globs and regular expressions aren't names."""
    unknown = []
    for part in split_pattern(pattern):
        name = part.lstrip("&!")
        if name in group_hosts or name in hosts or name.startswith("~"):
            continue
        subscript = _SUBSCRIPT.match(name)
        name = subscript.group(1) if subscript else name
        if name not in group_hosts and not _GLOB & set(name):
            unknown.append(name)
    return unknown


def _one(part: str, hosts: Sequence[str], group_hosts: Mapping[str, Sequence[str]]) -> list[str]:
    if part in group_hosts:
        return list(group_hosts[part])
    if not part:
        return []
    if part.startswith("~"):
        try:
            return _matching(re.compile(part[1:]).match, hosts, group_hosts)
        except re.error as error:
            raise ValueError(f"the regular expression {part[1:]!r} is broken: {error}") from error
    subscript = _SUBSCRIPT.match(part)
    if subscript is None:
        return _matching(lambda name: fnmatchcase(name, part), hosts, group_hosts)
    base, index, first, last = subscript.groups()
    found = _one(base, hosts, group_hosts)
    if index is not None:
        return found[int(index) :][:1] if -len(found) <= int(index) < len(found) else []
    return found[int(first) : int(last) + 1 if last else None]


def _matching(
    matches: Callable[[str], object], hosts: Iterable[str], group_hosts: Mapping[str, Sequence[str]]
) -> list[str]:
    found: dict[str, None] = {}
    for group, members in group_hosts.items():
        if matches(group):
            found.update(dict.fromkeys(members))
    found.update(dict.fromkeys(host for host in hosts if matches(host)))
    return list(found)
