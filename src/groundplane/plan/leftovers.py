"""Containers that steps brought to hosts, and that the site doesn't ask for there any more.

Of a step that a host doesn't have any more (its service was switched off, or the host left a group) the watch list is
still there, and names its containers. Where only some of a service's containers are switched off, the service's own
list has an item that looks for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.plan.drift import CONTAINER, LEFTOVERS, MISSING
from groundplane.plan.model import Leftover

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from groundplane.layers.model import Graph
    from groundplane.plan.model import HostProbe

NONE = "none"
"""As the probe says of an item LEFTOVERS that there is none."""


def find_leftovers(
    graph: Graph, probe: Mapping[str, HostProbe], *, layers: Collection[str] | None = None
) -> tuple[Leftover, ...]:
    """What was found on hosts, by step; of these layers alone where some are given."""
    found = []
    for host, answer in probe.items():
        for step, items in sorted(answer.steps.items()):
            if layers is None or step.partition(".")[0] in layers:
                asked_for = host in graph.hosts.get(step, ())
                names = tuple(_of_step(items) if asked_for else _of_no_step(items))
                if names:
                    found.append(Leftover(step=step, host=host, containers=names))
    return tuple(found)


def _of_step(items: Mapping[str, str]) -> Iterator[str]:
    for item, value in items.items():
        if item.startswith(LEFTOVERS) and value != NONE:
            yield from value.split(", ")


def _of_no_step(items: Mapping[str, str]) -> Iterator[str]:
    for item, value in items.items():
        if item.startswith(CONTAINER) and value != MISSING:
            yield item.removeprefix(CONTAINER)
