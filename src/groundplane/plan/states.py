"""How each step stands, for drawings: from a plan, or from receipts alone where the secrets are closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.counting import counted
from groundplane.layers.marks import StepMark, StepState
from groundplane.plan.model import HostAction, ReasonKind

if TYPE_CHECKING:
    from groundplane.layers.model import Graph
    from groundplane.plan.model import Plan, PlannedStep
    from groundplane.plan.receipts import ReceiptStore

_FAILED = frozenset({ReasonKind.FAILED_LAST_TIME, ReasonKind.INTERRUPTED})


def marks_of_plan(plan: Plan) -> dict[str, StepMark]:
    """A mark for each step of the plan."""
    return {step.step: _mark(step) for step in plan.steps}


def _mark(step: PlannedStep) -> StepMark:
    total = len(step.hosts)
    kinds = [{reason.kind for reason in host.reasons} for host in step.hosts]
    done = sum(host.action is HostAction.UP_TO_DATE for host in step.hosts)
    failed = sum(bool(found & _FAILED) for found in kinds)
    never = sum(ReasonKind.NEVER_APPLIED in found for found in kinds)
    if failed:
        return StepMark(StepState.FAILED, f"failed on {_of(failed, total)}")
    if never == total:
        return StepMark(StepState.NEVER, counted(total, "host"))
    if done == total:
        return StepMark(StepState.UP_TO_DATE, counted(total, "host"))
    return StepMark(StepState.TO_DO, f"to do on {_of(total - done, total)}")


def marks_of_receipts(graph: Graph, store: ReceiptStore) -> dict[str, StepMark]:
    """What was applied, whether it's up to date or not: that can only be told with the secrets open."""
    receipts, unfinished = store.receipts(), store.unfinished()
    marks = {}
    for id_ in graph.order:
        hosts = graph.hosts[id_]
        applied = sum((id_, host) in receipts for host in hosts)
        failed = sum((id_, host) in unfinished for host in hosts)
        if failed:
            marks[id_] = StepMark(StepState.FAILED, f"failed on {_of(failed, len(hosts))}")
        elif not applied:
            marks[id_] = StepMark(StepState.NEVER, counted(len(hosts), "host"))
        elif applied == len(hosts):
            marks[id_] = StepMark(StepState.APPLIED, counted(applied, "host"))
        else:
            marks[id_] = StepMark(StepState.TO_DO, f"never applied on {_of(len(hosts) - applied, len(hosts))}")
    return marks


def _of(some: int, total: int) -> str:
    return f"all {total:,} hosts" if some == total and total > 1 else f"{some:,} of {counted(total, 'host')}"
