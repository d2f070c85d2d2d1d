"""What of a plan is shown: a row for hosts on which a step runs for the same reasons, and data for programs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundplane.plan.model import HostAction
from groundplane.plan.wording import hosts_in_words, reason_in_words

if TYPE_CHECKING:
    from groundplane.plan.model import Plan, PlannedStep, Reason, ReasonKind
    from groundplane.site.site import Site


@dataclass(frozen=True, slots=True)
class Row:
    """Hosts on which a step runs for the same reasons."""

    step: str
    wave: int
    hosts: tuple[str, ...]
    hosts_in_words: str
    reasons: tuple[tuple[ReasonKind, str, tuple[str, ...]], ...]
    """Kind, its words, and the details."""


def plan_rows(plan: Plan, site: Site | None = None) -> list[Row]:
    """What would run, layer by layer and wave by wave; hosts with the same reasons share a row."""
    layers = {layer: index for index, layer in enumerate(dict.fromkeys(layer_of(step.step) for step in plan.steps))}
    steps = sorted(plan.steps, key=lambda step: (layers[layer_of(step.step)], step.wave))
    return [row for step in steps for row in _step_rows(step, plan, site)]


def layer_of(step: str) -> str:
    """The layer in a step's id."""
    return step.partition(".")[0]


def _step_rows(step: PlannedStep, plan: Plan, site: Site | None) -> list[Row]:
    by_reasons: dict[tuple[Reason, ...], list[str]] = defaultdict(list)
    for host in step.hosts:
        if host.action is HostAction.RUN:
            by_reasons[host.reasons].append(host.host)
    whole = [host.host for host in step.hosts] if plan.limit is None else []
    return [
        Row(
            step=step.step,
            wave=step.wave,
            hosts=tuple(hosts),
            hosts_in_words=hosts_in_words(hosts, whole),
            reasons=tuple((reason.kind, *reason_in_words(reason, hosts, site)) for reason in reasons),
        )
        for reasons, hosts in by_reasons.items()
    ]


def plan_as_data(plan: Plan) -> dict[str, Any]:
    """The plan for programs, without the fingerprints: `--output FILE` writes them too."""
    hidden = {"steps": {"__all__": {"hosts": {"__all__": {"fingerprint"}}}}}
    return {**plan.model_dump(mode="json", exclude=hidden), "has_work": plan.has_work()}
