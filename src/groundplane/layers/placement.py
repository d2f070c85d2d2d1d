"""Where boxes go when a graph is drawn from left to right, in columns.

Sugiyama's way in short: a column by the longest way from a start, a waypoint in each column that a long arrow crosses,
an order in each column that avoids crossings (each box near the middle of its neighbours), then heights.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from groundplane.layers.order import topological

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SWEEPS = 8
WAYPOINT = 0.5
"""Room that a waypoint takes, as a part of a box's."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Columns count from 0; rows are in units of a box with its gap, and may be fractions."""

    columns: Mapping[str, int]
    rows: Mapping[str, float]
    arrows: Mapping[tuple[str, str], tuple[tuple[int, float], ...]]
    """(From, to) to the waypoints in between: column and row."""
    height: float
    width: int


def place(needs: Mapping[str, Sequence[str]]) -> Placement:
    """Places each name after all that it needs. `needs` is without circles; names outside of it are left out."""
    names = topological(needs)
    column: dict[str, int] = {}
    for name in names:
        column[name] = max((column[need] + 1 for need in needs[name] if need in column), default=0)
    width = max(column.values(), default=-1) + 1
    columns: list[list[str]] = [[] for _ in range(width)]
    for name in names:
        columns[column[name]].append(name)
    links: list[tuple[str, str]] = []
    ways: dict[tuple[str, str], list[str]] = {}
    for name in names:
        for need in needs[name]:
            if need in column:
                ways[need, name] = _way(need, name, column, columns)
                chain = [need, *ways[need, name], name]
                links += pairwise(chain)
    _untangle(columns, links)
    rows = _heights(columns, links)
    where = {name: index for index, members in enumerate(columns) for name in members}
    return Placement(
        columns=column,
        rows={name: rows[name] for name in names},
        arrows={pair: tuple((where[point], rows[point]) for point in way) for pair, way in ways.items()},
        height=max((rows[name] + 1 for name in rows), default=0),
        width=width,
    )


def _way(start: str, end: str, column: Mapping[str, int], columns: list[list[str]]) -> list[str]:
    points = []
    for index in range(column[start] + 1, column[end]):
        point = f"\0{start}\0{end}\0{index}"
        columns[index].append(point)
        points.append(point)
    return points


def _untangle(columns: list[list[str]], links: Sequence[tuple[str, str]]) -> None:
    """Sorts each column by the middle of its neighbours, to and fro, and keeps the order with the fewest crossings."""
    before, after = _neighbours(links)
    best, fewest = [list(members) for members in columns], _crossings(columns, before)
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        indexes = range(1, len(columns)) if forward else range(len(columns) - 2, -1, -1)
        for index in indexes:
            other = columns[index - 1] if forward else columns[index + 1]
            rank = {name: position for position, name in enumerate(other)}
            neighbours = before if forward else after
            middle = {
                name: _mean([float(rank[one]) for one in neighbours.get(name, ()) if one in rank], float(position))
                for position, name in enumerate(columns[index])
            }
            columns[index].sort(key=lambda name, middle=middle: middle[name])  # type: ignore[misc]
        crossings = _crossings(columns, before)
        if crossings < fewest:
            best, fewest = [list(members) for members in columns], crossings
    columns[:] = best


def _neighbours(links: Sequence[tuple[str, str]]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    before: dict[str, list[str]] = {}
    after: dict[str, list[str]] = {}
    for start, end in links:
        before.setdefault(end, []).append(start)
        after.setdefault(start, []).append(end)
    return before, after


def _crossings(columns: Sequence[Sequence[str]], before: Mapping[str, Sequence[str]]) -> int:
    total = 0
    for left, right in pairwise(columns):
        rank = {name: position for position, name in enumerate(left)}
        ends = [sorted(rank[one] for one in before.get(name, ()) if one in rank) for name in right]
        for upper in range(len(ends)):
            for lower in range(upper + 1, len(ends)):
                total += sum(above > below for above in ends[upper] for below in ends[lower])
    return total


def _heights(columns: Sequence[Sequence[str]], links: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Rows: near the middle of the neighbours, in the column's order, without overlap."""
    before, after = _neighbours(links)
    rows = {name: float(index) for members in columns for index, name in enumerate(members)}
    for sweep in range(_SWEEPS):
        ordered = columns if sweep % 2 == 0 else list(reversed(columns))
        neighbours = before if sweep % 2 == 0 else after
        for members in ordered:
            wanted = [_mean([rows[one] for one in neighbours.get(name, ())], rows[name]) for name in members]
            for name, row in zip(members, _apart(members, wanted), strict=True):
                rows[name] = row
    top = min(rows.values(), default=0.0)
    return {name: row - top for name, row in rows.items()}


def _apart(members: Sequence[str], wanted: Sequence[float]) -> list[float]:
    """Moves rows down until none overlap, then the whole column back by the middle of what it was moved."""
    placed: list[float] = []
    for index, row in enumerate(wanted):
        if index == 0:
            placed.append(row)
        else:
            room = (_room(members[index - 1]) + _room(members[index])) / 2
            placed.append(max(row, placed[-1] + room))
    shift = _mean([at - want for at, want in zip(placed, wanted, strict=True)], 0.0)
    return [row - shift for row in placed]


def _room(name: str) -> float:
    return WAYPOINT if name.startswith("\0") else 1.0


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
