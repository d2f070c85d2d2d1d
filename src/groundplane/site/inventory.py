"""Hosts and groups, as Ansible understands them.

Groups are ordered as Ansible orders them: depth, then ansible_group_priority, then name; the last one wins.
Variables are kept apart by where they stand, because Ansible's order is: variables in hosts.yml (all, groups),
then group_vars/all, then group_vars/GROUP, then the host's in hosts.yml, then host_vars/HOST.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from groundplane.errors import InputError, Problem
from groundplane.site.host_patterns import match_pattern, unknown_parts
from groundplane.site.source import suggest

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.errors import Place
    from groundplane.site.values import Value

Written = Mapping[str, "tuple[Value, ...]"]
"""Variable to the places that set it, weakest first."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group. `depth` counts from `all`, which is 0, along the longest way."""

    name: str
    place: Place
    depth: int
    priority: int
    children: tuple[str, ...]
    hosts: tuple[str, ...]
    """Those that it names itself, in the file's order."""
    inline: Written = field(default_factory=dict)
    """Variables in hosts.yml."""
    files: Written = field(default_factory=dict)
    """Variables in group_vars/."""


@dataclass(frozen=True, slots=True)
class Host:
    """A host. `groups` are all of its groups, weakest first, beginning with `all`."""

    name: str
    place: Place
    groups: tuple[str, ...]
    inline: Written = field(default_factory=dict)
    files: Written = field(default_factory=dict)
    """Variables in host_vars/."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """All hosts and groups of a site, in the order in which the file has them."""

    path: Path
    groups: Mapping[str, Group]
    hosts: Mapping[str, Host]
    group_hosts: Mapping[str, tuple[str, ...]]
    """Group to all of its hosts, those of its children included."""

    def groups_of(self, host: str) -> tuple[str, ...]:
        """All groups of a host, weakest first; the first one is `all`."""
        return self.hosts[host].groups

    def match(self, pattern: str) -> tuple[str, ...]:
        """The hosts that an Ansible pattern means, as the inventory has them sorted.

        Names that don't exist match nothing.

        Raises:
            InputError: a regular expression in it is broken.
        """
        try:
            found = set(match_pattern(pattern, tuple(self.hosts), self.group_hosts))
        except ValueError as error:
            raise InputError(
                f"The host pattern {pattern!r} can't be read", why=str(error), cure="Correct the pattern."
            ) from error
        return tuple(host for host in self.hosts if host in found)

    def unknown_names(self, pattern: str) -> tuple[str, ...]:
        """The names in a pattern that are neither a host nor a group."""
        return tuple(unknown_parts(pattern, tuple(self.hosts), self.group_hosts))

    def select(self, pattern: str) -> tuple[str, ...]:
        """As `match`, for a pattern that a person typed: a name that doesn't exist, or no host at all, is an error.

        Raises:
            InputError: see above; names the nearest known host or group.
        """
        problems = tuple(
            Problem(f"'{name}' is neither a host nor a group", self.suggest_name(name))
            for name in self.unknown_names(pattern)
        )
        if problems:
            raise InputError(f"The host pattern {pattern!r} names what isn't there", problems=problems)
        found = self.match(pattern)
        if not found:
            raise InputError(
                f"The host pattern {pattern!r} matches no host",
                cure="groundplane inventory shows hosts and groups.",
            )
        return found

    def suggest_name(self, name: str) -> str:
        """The nearest host or group, as a sentence."""
        return suggest(name, (*self.hosts, *self.group_hosts), "groundplane inventory shows hosts and groups.")
