"""Layers and steps by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.errors import InputError, Problem
from groundplane.layers.order import closure
from groundplane.site.source import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from groundplane.layers.model import Graph


def select(graph: Graph, names: Sequence[str]) -> frozenset[str]:
    """The steps that these layers and steps mean; all of them where no name is given.

    A step may go by its short name where only one layer has such a step.

    Raises:
        InputError: a name means nothing here, or several steps; it tells the nearest one.
    """
    chosen: set[str] = set()
    problems = []
    for name in names:
        short = [id_ for id_, step in graph.steps.items() if step.name == name]
        if name in graph.layers:
            chosen.update(graph.layers[name].steps)
        elif name in graph.steps:
            chosen.add(name)
        elif len(short) == 1:
            chosen.add(short[0])
        elif short:
            problems.append(Problem(f"'{name}' is a step of several layers", f"Say which: {', '.join(short)}."))
        else:
            known = [*graph.layers, *graph.steps, *(step.name for step in graph.steps.values())]
            otherwise = f"Layers of this site: {', '.join(graph.layers)}; all steps: groundplane graph"
            problems.append(Problem(f"There is no layer or step '{name}'", suggest(name, known, otherwise)))
    if problems:
        raise InputError("That is not a part of this site's graph", problems=tuple(problems))
    return frozenset(chosen) if names else frozenset(graph.steps)


def with_needs(graph: Graph, steps: Iterable[str]) -> frozenset[str]:
    """The steps and everything that they need, directly or not."""
    return frozenset(closure(steps, {id_: [need.step for need in step.needs] for id_, step in graph.steps.items()}))
