from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.errors import InputError
from groundplane.plan.staleness import explain_stale, read_plan, refuse_stale, write_plan
from tests.unit.terminal.test_plan import DRIFT, NEVER, WORK, host, plan

if TYPE_CHECKING:
    from pathlib import Path

from groundplane.plan.model import Plan, PlannedHost, PlannedStep
from groundplane.plan.planner import site_digest


def one(*hosts: PlannedHost, site: str = "lab") -> Plan:
    steps = (PlannedStep(step="g.a", description="", wave=1, hosts=hosts),)
    return plan(*steps).model_copy(update={"site": site, "site_digest": site_digest(steps)})


def test_a_saved_plan_comes_back_whole(tmp_path: Path) -> None:
    write_plan(WORK, tmp_path / "plan.json")
    assert read_plan(tmp_path / "plan.json") == WORK


@pytest.mark.parametrize("content", ["{}", "not JSON", '{"format": 1}'])
def test_what_is_no_plan(tmp_path: Path, content: str) -> None:
    (tmp_path / "plan.json").write_text(content)
    with pytest.raises(InputError, match="is not a plan"):
        read_plan(tmp_path / "plan.json")


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be read"):
        read_plan(tmp_path / "plan.json")


def test_what_moved_on() -> None:
    fresh, drifted = one(host("node1", NEVER)), one(host("node1", DRIFT))
    refuse_stale(fresh, fresh)
    moved = explain_stale(fresh, drifted)
    details = "sysctl vm.swappiness is 60, was 10, package chrony is missing, was installed"
    assert moved == [f"g.a: the host has moved on: {details} (node1)"]
    with pytest.raises(InputError, match="stale") as caught:
        refuse_stale(fresh, drifted)
    assert "vm.swappiness" in caught.value.why
    assert explain_stale(fresh, one(host("node1", NEVER), site="other"))[0].startswith("the plan is for")
    grown = one(host("node1", NEVER), host("node2", NEVER))
    assert explain_stale(fresh, grown) == ["g.a: wasn't in the plan (node2)"]
    assert explain_stale(grown, fresh) == ["g.a: is no longer in the plan (node2)"]
