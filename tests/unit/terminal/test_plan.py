from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from groundplane.layers.marks import StepMark, StepState
from groundplane.plan.model import Fingerprint, HostAction, Leftover, Plan, PlannedHost, PlannedStep, Reason, ReasonKind
from groundplane.plan.show import plan_as_data
from groundplane.plan.states import marks_of_plan
from groundplane.terminal.plan import render_plan

NEVER = Reason(kind=ReasonKind.NEVER_APPLIED)
DRIFT = Reason(
    kind=ReasonKind.DRIFT, details=("sysctl vm.swappiness is 60, was 10", "package chrony is missing, was installed")
)
FAILED = Reason(kind=ReasonKind.FAILED_LAST_TIME, details=("Install auditd: no such package",))


def host(name: str, *reasons: Reason, action: HostAction | None = None) -> PlannedHost:
    found = action or (HostAction.RUN if reasons else HostAction.UP_TO_DATE)
    return PlannedHost(host=name, action=found, reasons=reasons, fingerprint=Fingerprint(digest="0"))


def plan(*steps: PlannedStep, **more: Any) -> Plan:
    values: dict[str, Any] = {"probed": True, **more}
    return Plan(site="lab", release="2026.1", created_at=datetime.now(UTC), site_digest="", steps=steps, **values)


WORK = plan(
    PlannedStep(step="ground.kernel", description="", wave=1, hosts=(host("node1"), host("node2", DRIFT))),
    PlannedStep(step="ground.docker", description="", wave=2, hosts=(host("node1", NEVER), host("node2", NEVER))),
    PlannedStep(step="ground.audit", description="", wave=1, hosts=(host("node1", FAILED), host("node2"))),
    PlannedStep(step="ground.time", description="", wave=1, hosts=(host("node1"), host("node2"))),
)


def shown(found: Plan, *, plain: bool = False, width: int = 80, **more: Any) -> str:
    out = io.StringIO()
    Console(file=out, width=width, no_color=True).print(render_plan(found, plain=plain, **more))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def test_for_people() -> None:
    assert shown(WORK, asked={"ground.kernel", "ground.audit", "ground.time"}) == (
        "Plan for lab, release 2026.1\n"
        "\n"
        "ground\n"
        "  1  kernel           node2        drift\n"
        "     · sysctl vm.swappiness is 60, was 10\n"
        "     · package chrony is missing, was installed\n"
        "  1  audit            node1        failed last time\n"
        "     · Install auditd: no such package\n"
        "  2  docker (needed)  all 2 hosts  never applied\n"
        "\n"
        "3 steps to run on 2 hosts in 2 waves, up to 2 side by side.\n"
        "Up to date: time"
    )


def test_for_a_pipe_each_step_is_one_line() -> None:
    lines = shown(WORK, plain=True, width=200).splitlines()
    drifted = "sysctl vm.swappiness is 60, was 10, package chrony is missing, was installed"
    assert lines[0] == f" 1  ground.kernel  node2        drift: {drifted}"


def test_nothing_to_do() -> None:
    idle = PlannedStep(step="ground.time", description="", wave=1, hosts=(host("node1"), host("node2")))
    assert shown(plan(idle), plain=True) == "Nothing to do: 1 step up to date on 2 hosts."
    assert "were not asked" in shown(plan(idle, probed=False), plain=True)


def test_hosts_that_were_left_out() -> None:
    hosts = (host("node1"), host("node2", NEVER, action=HostAction.UNREACHABLE))
    step = PlannedStep(step="ground.time", description="", wave=1, hosts=hosts)
    text = shown(plan(step, unreachable={"node2": "untrusted host: its key is not pinned"}))
    assert "Nothing to do: 1 step up to date on 1 host." in text
    assert "Left out: node2: untrusted host: its key is not pinned" in text
    assert "groundplane hosts trust node2" in text


def test_what_was_left_over_is_named_by_step_with_the_command_that_removes_it() -> None:
    idle = PlannedStep(step="openstack.glance", description="", wave=1, hosts=(host("node1"), host("node2")))
    left = [Leftover(step="openstack.heat", host=name, containers=("heat_api",)) for name in ("node1", "node2")]
    text = shown(plan(idle).model_copy(update={"leftovers": tuple(left)}), width=200)
    assert "Nothing to do" in text
    assert "Left over of openstack.heat: heat_api on node1, node2, which the site doesn't ask for there" in text
    assert "groundplane openstack cleanup" in text


def test_for_programs() -> None:
    data = plan_as_data(WORK)
    assert data["has_work"] is True
    assert data["steps"][0]["hosts"][1] == {
        "host": "node2",
        "action": "run",
        "reasons": [{"kind": "drift", "details": list(DRIFT.details)}],
    }


def test_how_steps_stand() -> None:
    assert marks_of_plan(WORK) == {
        "ground.kernel": StepMark(StepState.TO_DO, "to do on 1 of 2 hosts"),
        "ground.docker": StepMark(StepState.NEVER, "2 hosts"),
        "ground.audit": StepMark(StepState.FAILED, "failed on 1 of 2 hosts"),
        "ground.time": StepMark(StepState.UP_TO_DATE, "2 hosts"),
    }
