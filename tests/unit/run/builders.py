"""Small plans, graphs and journals for tests of the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from groundplane.errors import Place
from groundplane.layers.model import Graph, Layer, Need, Step
from groundplane.plan.model import Fingerprint, HostAction, Plan, PlannedHost, PlannedStep, Reason, ReasonKind

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACE = Place(Path("layers.yml"), 1)


def step(name: str, *needs: str | Need, leader: str | None = None) -> Step:
    return Step(
        id=name,
        layer=name.partition(".")[0],
        name=name.partition(".")[2],
        description=f"The step {name}",
        playbook=Path(f"{name}.yml"),
        hosts="all",
        place=PLACE,
        needs=tuple(need if isinstance(need, Need) else Need(need) for need in needs),
        leader=leader,
    )


def graph(*steps: Step, hosts: Sequence[str] = ("a", "b")) -> Graph:
    layers = {name: Layer(name=name, description="", place=PLACE) for name in {one.layer for one in steps}}
    return Graph(
        layers=layers,
        steps={one.id: one for one in steps},
        order=tuple(one.id for one in steps),
        hosts={one.id: tuple(hosts) for one in steps},
    )


def planned(
    name: str,
    hosts: Mapping[str, HostAction] | Sequence[str],
    *,
    digest: str = "d",
    reasons: Sequence[Reason] = (Reason(kind=ReasonKind.NEVER_APPLIED),),
) -> PlannedStep:
    actions = hosts if isinstance(hosts, Mapping) else dict.fromkeys(hosts, HostAction.RUN)
    return PlannedStep(
        step=name,
        description=f"The step {name}",
        wave=1,
        hosts=tuple(
            PlannedHost(
                host=host,
                action=action,
                reasons=tuple(reasons) if action is HostAction.RUN else (),
                fingerprint=Fingerprint(inputs={"colour": digest}, digest=digest),
            )
            for host, action in actions.items()
        ),
    )


def plan(*steps: PlannedStep, unreachable: Mapping[str, str] | None = None, at: datetime = NOW) -> Plan:
    return Plan(
        site="test",
        release="2026.1",
        created_at=at,
        probed=True,
        site_digest="x",
        steps=steps,
        unreachable=dict(unreachable or {}),
    )
