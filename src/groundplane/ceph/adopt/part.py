"""What one part of an adopted cluster becomes in the site's files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from groundplane.errors import Problem

Answers = Mapping[str, Any]
"""A question's name to what the cluster answered, as `reading.read_existing` brings it."""


@dataclass(frozen=True, slots=True)
class Part:
    """Variables that describe what runs.

    Attributes:
        values: for all hosts.
        host_values: host to the variables of its own.
        notes: sentences on what stays as it is, outside of the layer.
        problems: why the site can't take the cluster over as both are now.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    host_values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def merge(parts: list[Part]) -> Part:
    """All parts as one; no two of them set the same variable."""
    hosts: dict[str, dict[str, Any]] = {}
    for part in parts:
        for host, values in part.host_values.items():
            hosts.setdefault(host, {}).update(values)
    return Part(
        values={name: value for part in parts for name, value in part.values.items()},
        host_values=hosts,
        notes=tuple(note for part in parts for note in part.notes),
        problems=tuple(problem for part in parts for problem in part.problems),
    )
