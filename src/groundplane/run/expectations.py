"""How long a step is likely to take: learnt from how long it took."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from groundplane.layers.model import Graph
    from groundplane.plan.model import Plan
    from groundplane.run.journal.store import Journal

SIMILAR = 5


def expected_seconds(durations: list[tuple[int, float]], hosts: int) -> float | None:
    """The median of the passes over the most similar numbers of hosts; None where there was none.

    Hosts are worked on side by side, so time isn't multiplied by their number.
    """
    if not durations:
        return None
    nearest = sorted(durations, key=lambda one: abs(one[0] - hosts))[:SIMILAR]
    return median(seconds for _, seconds in nearest)


def expectations(plan: Plan, journal: Journal) -> dict[str, float]:
    """Seconds by step, for the steps with work that were seen before."""
    found: dict[str, float] = {}
    for step in plan.steps:
        hosts = step.hosts_to_run()
        if hosts:
            seconds = expected_seconds(journal.durations(step.step), len(hosts))
            if seconds is not None:
                found[step.step] = seconds
    return found


def expected_run(plan: Plan, graph: Graph, steps: Mapping[str, float]) -> float | None:
    """The longest way through the plan, in seconds; None where a step has never been seen.

    A lower bound: steps that wait for a free place are not counted in.
    """
    ends: dict[str, float] = {}
    for step in plan.steps:
        start = max((ends.get(need.step, 0.0) for need in graph.steps[step.step].needs), default=0.0)
        if not step.hosts_to_run():
            ends[step.step] = start
        elif step.step in steps:
            ends[step.step] = start + steps[step.step]
        else:
            return None
    return max(ends.values(), default=0.0)
