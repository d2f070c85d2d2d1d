from __future__ import annotations

import pytest

from groundplane.checks.status import Standing, status_of
from groundplane.plan.model import HostAction, Reason, ReasonKind
from tests.unit.run.builders import graph, plan, planned, step

STEPS = graph(step("base.one"), step("base.two"), step("next.one"))
IDLE = {"a": HostAction.UP_TO_DATE, "b": HostAction.UP_TO_DATE}


def test_a_cell_is_as_good_as_its_worst_step() -> None:
    drift = [Reason(kind=ReasonKind.DRIFT, details=("sysctl vm.swappiness is 60, was 10",))]
    work = plan(planned("base.one", IDLE), planned("base.two", ["a"], reasons=drift), planned("next.one", ["a"]))
    status = status_of(work, STEPS)
    cell = status.cells["a", "base"]
    assert (cell.standing, cell.up_to_date) == (Standing.DRIFTED, 1)
    assert cell.details == {"base.two": ("sysctl vm.swappiness is 60, was 10",)}
    assert status.cells["b", "base"].standing is Standing.UP_TO_DATE
    assert status.cells["a", "next"].standing is Standing.NEVER
    assert ("b", "next") not in status.cells
    assert status.layers == ("base", "next")


@pytest.mark.parametrize(
    ("kinds", "standing"),
    [
        ([ReasonKind.FAILED_LAST_TIME, ReasonKind.DRIFT], Standing.FAILED),
        ([ReasonKind.DRIFT, ReasonKind.INPUTS_CHANGED], Standing.DRIFTED),
        ([ReasonKind.RELEASE_CHANGED], Standing.CHANGED),
        ([ReasonKind.INTERRUPTED], Standing.INTERRUPTED),
        ([ReasonKind.UNPROVEN], Standing.UNPROVEN),
    ],
)
def test_the_worst_reason_counts(kinds: list[ReasonKind], standing: Standing) -> None:
    work = plan(planned("base.one", ["a"], reasons=[Reason(kind=kind) for kind in kinds]))
    assert status_of(work, STEPS).cells["a", "base"].standing is standing


def test_unreachable_hosts_are_told_as_such() -> None:
    work = plan(planned("base.one", {"a": HostAction.UNREACHABLE}), unreachable={"a": "no answer"})
    status = status_of(work, STEPS)
    assert status.cells["a", "base"].standing is Standing.UNREACHABLE
    assert status.unreachable == {"a": "no answer"}
