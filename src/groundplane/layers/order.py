"""Order in a graph: topological, stable, and the circle where there is one."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping


def topological(needs: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Every name after all that it needs; where there's a choice, as `needs` has them.

    Names that are needed and aren't keys are left out. Members of circles, and what needs them, are missing from the
    result.
    """
    rank = {name: index for index, name in enumerate(needs)}
    waiting = {name: {need for need in wanted if need in rank} for name, wanted in needs.items()}
    wanted_by: dict[str, list[str]] = {name: [] for name in needs}
    for name, wanted in waiting.items():
        for need in wanted:
            wanted_by[need].append(name)
    ready = [rank[name] for name, wanted in waiting.items() if not wanted]
    heapq.heapify(ready)
    names = list(needs)
    order = []
    while ready:
        name = names[heapq.heappop(ready)]
        order.append(name)
        for later in wanted_by[name]:
            waiting[later].discard(name)
            if not waiting[later]:
                heapq.heappush(ready, rank[later])
    return tuple(order)


def circles(needs: Mapping[str, Collection[str]]) -> list[tuple[str, ...]]:
    """One circle of every knot: (a, b, c) where a needs b, b needs c and c needs a; a shortest one."""
    left = {name: [need for need in wanted if need in needs] for name, wanted in needs.items()}
    ordered = set(topological(needs))
    left = {name: [need for need in wanted if need not in ordered] for name, wanted in left.items()}
    found: list[tuple[str, ...]] = []
    told: set[str] = set()
    for name in needs:
        if name in ordered or name in told:
            continue
        circle = _shortest_way_back(name, left)
        if circle is not None:
            found.append(circle)
            told.update(_connected(name, left))
    return found


def closure(names: Iterable[str], needs: Mapping[str, Collection[str]]) -> set[str]:
    """The names and everything that they need, directly or not."""
    return _connected_all(list(names), needs)


def reduced(needs: Mapping[str, Collection[str]]) -> dict[str, tuple[str, ...]]:
    """Needs without those that follow from others, for drawing; `needs` is without circles."""
    beyond: dict[str, set[str]] = {}
    for name in topological(needs):
        beyond[name] = {further for need in needs[name] if need in needs for further in (need, *beyond[need])}
    return {
        name: tuple(
            need
            for need in wanted
            if need in needs and not any(need in beyond[other] for other in wanted if other != need and other in needs)
        )
        for name, wanted in needs.items()
    }


def _shortest_way_back(start: str, needs: Mapping[str, Collection[str]]) -> tuple[str, ...] | None:
    before: dict[str, str] = {}
    queue = [start]
    for name in queue:
        for need in needs[name]:
            if need == start:
                way = [name]
                while way[-1] != start:
                    way.append(before[way[-1]])
                return tuple(reversed(way))
            if need not in before:
                before[need] = name
                queue.append(need)
    return None


def _connected(name: str, needs: Mapping[str, Collection[str]]) -> set[str]:
    return _connected_all([name], needs)


def _connected_all(queue: list[str], needs: Mapping[str, Collection[str]]) -> set[str]:
    seen = set(queue)
    for name in queue:
        for need in needs.get(name, ()):
            if need not in seen:
                seen.add(need)
                queue.append(need)
    return seen
