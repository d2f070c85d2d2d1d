"""Status: hosts by layers, from the receipts, today's inputs and what the hosts answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from groundplane.plan.model import HostAction, PlannedHost, ReasonKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from groundplane.layers.model import Graph
    from groundplane.plan.model import Plan


class Standing(StrEnum):
    """How a step, or a layer, stands on a host; the worst first."""

    UNREACHABLE = "unreachable"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    DRIFTED = "drifted"
    CHANGED = "changed"
    """The site wants something else than what was applied."""
    UNPROVEN = "unproven"
    NEVER = "never applied"
    UP_TO_DATE = "up to date"


_STANDINGS = {
    ReasonKind.FAILED_LAST_TIME: Standing.FAILED,
    ReasonKind.INTERRUPTED: Standing.INTERRUPTED,
    ReasonKind.DRIFT: Standing.DRIFTED,
    ReasonKind.INPUTS_CHANGED: Standing.CHANGED,
    ReasonKind.CONTENT_CHANGED: Standing.CHANGED,
    ReasonKind.RELEASE_CHANGED: Standing.CHANGED,
    ReasonKind.LACKING: Standing.NEVER,
    ReasonKind.UNPROVEN: Standing.UNPROVEN,
    ReasonKind.NEVER_APPLIED: Standing.NEVER,
    ReasonKind.FORCED: Standing.UP_TO_DATE,
}
_ORDER = list(Standing)


@dataclass(frozen=True, slots=True)
class Cell:
    """A layer on a host."""

    steps: Mapping[str, Standing]
    details: Mapping[str, tuple[str, ...]]
    """Step to what drifted or changed, for those that aren't up to date."""

    @property
    def standing(self) -> Standing:
        """The worst of its steps. Never applied in parts means that the rest is still to come."""
        return min(self.steps.values(), key=_ORDER.index)

    @property
    def up_to_date(self) -> int:
        return sum(1 for standing in self.steps.values() if standing is Standing.UP_TO_DATE)


@dataclass(frozen=True, slots=True)
class Status:
    """Hosts by layers; a cell is missing where the layer has no step for the host."""

    layers: tuple[str, ...]
    hosts: tuple[str, ...]
    cells: Mapping[tuple[str, str], Cell]
    """(host, layer)."""
    unreachable: Mapping[str, str]


def status_of(plan: Plan, graph: Graph) -> Status:
    """The same facts as in the plan, turned from what is to be done to how things stand."""
    steps: dict[tuple[str, str], dict[str, Standing]] = {}
    details: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {}
    hosts: dict[str, None] = {}
    for step in plan.steps:
        layer = graph.steps[step.step].layer
        for host in step.hosts:
            hosts[host.host] = None
            key = (host.host, layer)
            standing = standing_of(host)
            steps.setdefault(key, {})[step.step] = standing
            said = tuple(detail for reason in host.reasons for detail in reason.details)
            if standing is not Standing.UP_TO_DATE:
                details.setdefault(key, {})[step.step] = said
    return Status(
        layers=tuple(dict.fromkeys(graph.steps[step.step].layer for step in plan.steps)),
        hosts=tuple(hosts),
        cells={key: Cell(found, details.get(key, {})) for key, found in steps.items()},
        unreachable=dict(plan.unreachable),
    )


def standing_of(host: PlannedHost) -> Standing:
    """The worst of a planned host's reasons."""
    if host.action is HostAction.UNREACHABLE:
        return Standing.UNREACHABLE
    found = [_STANDINGS[reason.kind] for reason in host.reasons]
    return min(found, key=_ORDER.index, default=Standing.UP_TO_DATE)
