"""Verify: each layer's own checks ask hosts and services for themselves, whatever the receipts say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from groundplane.checks.engine_checks import ENGINE_CHECKS, find_check, run_check
from groundplane.errors import InputError
from groundplane.layers.selection import select
from groundplane.plan.planner import limited_hosts
from groundplane.run.stages import Stage, run_stages
from groundplane.run.verified import COMMAND, verify_plan
from groundplane.site.source import suggest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from groundplane.checks.engine_checks import EngineCheck
    from groundplane.layers.model import Graph
    from groundplane.run.engine import RunResult
    from groundplane.run.means import Means
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection

MINUTES = 30.0


@dataclass(frozen=True, slots=True)
class Check:
    """A layer's verify playbook on some hosts, or a check that the engine makes.

    `tags` are the steps, where not all of them are asked for; `whole`: no step, host or check of the layer is left out.
    """

    layer: str
    playbook: Path | None
    hosts: tuple[str, ...]
    tags: tuple[str, ...] = ()
    engine: EngineCheck | None = None
    whole: bool = True

    def stage(self, site: Site, connection: SshConnection, memory: Path, holder: str) -> Stage:
        if self.engine is not None:
            return Stage(
                id=f"{self.layer}.{self.engine.name}",
                description=self.engine.description,
                playbook=None,
                hosts=self.hosts,
                act=partial(
                    run_check,
                    find_check(self.engine),
                    site,
                    self.hosts,
                    steps=self.tags,
                    connection=connection,
                    memory=memory,
                    holder=holder,
                    minutes=self.engine.minutes,
                ),
            )
        return Stage(
            id=f"{self.layer}.verify",
            description=f"Checks of the layer {self.layer}",
            playbook=self.playbook,
            hosts=self.hosts,
            tags=self.tags,
            timeout_minutes=MINUTES,
        )


def checks_of(
    site: Site, graph: Graph, *, selection: Sequence[str] = (), limit: str | None = None, skip: Sequence[str] = ()
) -> list[Check]:
    """What there is to verify, in the graph's order; `skip` names checks of the engine's that are left out.

    Raises:
        InputError: unknown names, or nothing of what is asked for can be verified.
    """
    known = [check.name for checks in ENGINE_CHECKS.values() for check in checks]
    for name in skip:
        if name not in known:
            raise InputError(
                f"There is no check '{name}' to leave out",
                cure=suggest(name, known, f"Checks that can be left out: {', '.join(known)}."),
            )
    asked, within = select(graph, selection), limited_hosts(site, limit)
    found: list[Check] = []
    for layer in dict.fromkeys(graph.steps[id_].layer for id_ in graph.order):
        steps = [id_ for id_ in graph.order if id_ in asked and graph.steps[id_].layer == layer]
        there = {host for id_ in steps for host in graph.hosts[id_]}
        hosts = there & within
        if not (steps and hosts):
            continue
        playbook = graph.layers[layer].verify
        engine = ENGINE_CHECKS.get(layer, ())
        all_steps = len(steps) == len(graph.layers[layer].steps)
        whole = all_steps and hosts == there and not any(check.name in skip for check in engine)
        tags = () if all_steps else tuple(graph.steps[id_].name for id_ in steps)
        ordered = tuple(host for host in site.inventory.hosts if host in hosts)
        if playbook is not None:
            found.append(Check(layer, playbook, ordered, tags, whole=whole))
        found += [
            Check(layer, None, ordered, tags, engine=check, whole=whole)
            for check in engine
            if check.name not in skip and (all_steps or check.by_step)
        ]
    if not found:
        raise InputError("There is nothing to verify", why="none of these layers has checks for these hosts")
    return found


def verify(
    site: Site,
    checks: Sequence[Check],
    *,
    means: Means,
    extra: Mapping[str, Any] | None = None,
) -> RunResult:
    """Runs the checks one after the other, as a run of its own in the journal. Changes nothing and writes no receipts.

    A check that fails keeps none of the others from being made.

    Raises:
        LockedError: somebody works on this site.
        FailedError: the journal or a folder failed.
    """
    return run_stages(
        site,
        [check.stage(site, means.connection, means.memory, means.holder) for check in checks],
        command=COMMAND,
        plan=verify_plan(dict.fromkeys(check.layer for check in checks if check.whole)),
        means=means,
        extra=extra,
        changes=False,
        keep_going=True,
    )
