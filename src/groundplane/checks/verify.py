"""Verify: each layer's own playbook asks the hosts for themselves, whatever the receipts say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundplane.errors import InputError
from groundplane.layers.selection import select
from groundplane.plan.planner import limited_hosts
from groundplane.run.stages import Stage, run_stages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from groundplane.layers.model import Graph
    from groundplane.run.cancel import CancelToken
    from groundplane.run.engine import RunResult
    from groundplane.run.events import Watcher
    from groundplane.run.journal.store import Journal
    from groundplane.run.runtime.model import Runtime
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection

MINUTES = 30.0


@dataclass(frozen=True, slots=True)
class Check:
    """A layer's verify playbook on some hosts; `tags` are the steps, where not all of them are asked for."""

    layer: str
    playbook: Path
    hosts: tuple[str, ...]
    tags: tuple[str, ...] = ()

    def stage(self) -> Stage:
        return Stage(
            id=f"{self.layer}.verify",
            description=f"Checks of the layer {self.layer}",
            playbook=self.playbook,
            hosts=self.hosts,
            tags=self.tags,
            timeout_minutes=MINUTES,
        )


def checks_of(site: Site, graph: Graph, *, selection: Sequence[str] = (), limit: str | None = None) -> list[Check]:
    """What there is to verify, in the graph's order.

    Raises:
        InputError: unknown names, or nothing of what is asked for can be verified.
    """
    asked, within = select(graph, selection), limited_hosts(site, limit)
    found: list[Check] = []
    for layer in dict.fromkeys(graph.steps[id_].layer for id_ in graph.order):
        steps = [id_ for id_ in graph.order if id_ in asked and graph.steps[id_].layer == layer]
        hosts = {host for id_ in steps for host in graph.hosts[id_]} & within
        playbook = graph.layers[layer].verify
        if steps and hosts and playbook is not None:
            whole = len(steps) == len(graph.layers[layer].steps)
            tags = () if whole else tuple(graph.steps[id_].name for id_ in steps)
            ordered = tuple(host for host in site.inventory.hosts if host in hosts)
            found.append(Check(layer, playbook, ordered, tags))
    if not found:
        raise InputError("There is nothing to verify", why="none of these layers has a verify playbook for these hosts")
    return found


def verify(
    site: Site,
    checks: Sequence[Check],
    *,
    journal: Journal,
    runtime: Runtime,
    connection: SshConnection,
    secrets: Mapping[str, Any],
    vault_password: bytes,
    memory: Path,
    holder: str,
    watchers: Sequence[Watcher],
    cancel: CancelToken,
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
        [check.stage() for check in checks],
        command="verify",
        journal=journal,
        runtime=runtime,
        connection=connection,
        secrets=secrets,
        vault_password=vault_password,
        memory=memory,
        holder=holder,
        watchers=watchers,
        cancel=cancel,
        extra=extra,
        changes=False,
        keep_going=True,
    )
