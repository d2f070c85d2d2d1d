"""Verify: each layer's own playbook asks the hosts for themselves, whatever the receipts say."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from groundplane.errors import InputError
from groundplane.layers.selection import select
from groundplane.plan.planner import limited_hosts
from groundplane.run.ansible import Playbook, run_playbook
from groundplane.run.engine import Failure, RunResult, host_told, state_of
from groundplane.run.events import EventKind, RunState, WorkState
from groundplane.run.journal.models import RunHostRow, RunRow, RunStepRow
from groundplane.run.journal.store import new_run_id
from groundplane.run.lock import site_lock
from groundplane.run.redaction import Redactor, secret_strings
from groundplane.run.run_plan import users_of
from groundplane.run.teller import Teller
from groundplane.run.workbench import open_workbench

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from groundplane.layers.model import Graph
    from groundplane.run.cancel import CancelToken
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

    @property
    def id(self) -> str:
        return f"{self.layer}.verify"


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

    Raises:
        LockedError: somebody works on this site.
        FailedError: the journal or a folder failed.
    """
    run, started = new_run_id(), datetime.now(UTC)
    redactor = Redactor({*secret_strings(secrets), vault_password.decode(errors="replace")})
    with site_lock(site.state, holder=holder, run=run):
        journal.mark_interrupted(site.state)
        _begin(site, checks, journal, run=run, holder=holder, at=started)
        teller = Teller(run, state=site.state, journal=journal, redactor=redactor, watchers=watchers)
        hosts = {check.id: list(check.hosts) for check in checks}
        states: dict[str, WorkState] = {}
        failures: list[Failure] = []
        try:
            teller.tell(EventKind.RUN_STARTED, data={"command": "verify", "steps": hosts})
            with open_workbench(
                site,
                runtime=runtime,
                connection=connection,
                vault_password=vault_password,
                memory=memory,
                extra=extra,
            ) as bench:
                users = users_of(site, journal, None)
                for check in checks:
                    if cancel:
                        break
                    journal.step_started(run, check.id, check.hosts, datetime.now(UTC))
                    teller.tell(EventKind.STEP_STARTED, step=check.id, data={"hosts": list(check.hosts)})
                    with teller.log(check.id) as say:
                        outcome = run_playbook(
                            bench,
                            Playbook(
                                id=check.id,
                                path=check.playbook,
                                hosts=check.hosts,
                                users=users.of(check.hosts),
                                variables={"groundplane_step": check.id},
                                tags=check.tags,
                                timeout_minutes=MINUTES,
                            ),
                            redactor=redactor,
                            tell=lambda kind, host, task, data, step=check.id: teller.tell(  # type: ignore[misc]
                                kind, step=step, host=host, task=task, data=data
                            ),
                            say=say,
                            cancel=cancel,
                        )
                    state = states[check.id] = state_of(outcome)
                    journal.step_finished(run, check.id, state, outcome.hosts, datetime.now(UTC), error=outcome.error)
                    for host, ended in outcome.hosts.items():
                        if ended.state in (WorkState.FAILED, WorkState.UNREACHABLE):
                            failures.append(Failure(check.id, host, ended.task, ended.reason))
                        teller.tell(EventKind.HOST_FINISHED, step=check.id, host=host, data=host_told(ended))
                    teller.tell(
                        EventKind.STEP_FINISHED,
                        step=check.id,
                        data={"state": state.value, "seconds": round(outcome.seconds, 3), "tasks": outcome.tasks},
                    )
            return _finish(journal, teller, run=run, started=started, states=states, failures=failures, cancel=cancel)
        finally:
            teller.close()


def _begin(site: Site, checks: Sequence[Check], journal: Journal, *, run: str, holder: str, at: datetime) -> None:
    journal.begin_run(
        RunRow(
            id=run,
            site=site.file.name,
            command="verify",
            holder=holder,
            state=RunState.RUNNING,
            started_at=at,
            dry=True,
            parallel=os.cpu_count() or 1,
        ),
        [
            RunStepRow(
                run=run,
                step=check.id,
                number=number,
                description=f"Checks of the layer {check.layer}",
                needs=[],
                state=WorkState.WAITING,
                hosts=len(check.hosts),
            )
            for number, check in enumerate(checks)
        ],
        [
            RunHostRow(run=run, step=check.id, host=host, state=WorkState.WAITING)
            for check in checks
            for host in check.hosts
        ],
    )


def _finish(
    journal: Journal,
    teller: Teller,
    *,
    run: str,
    started: datetime,
    states: Mapping[str, WorkState],
    failures: Sequence[Failure],
    cancel: CancelToken,
) -> RunResult:
    state = RunState.CANCELLED if cancel else RunState.FAILED if failures else RunState.DONE
    finished = datetime.now(UTC)
    seconds = (finished - started).total_seconds()
    journal.finish_run(run, state, finished, cancel.why)
    teller.tell(EventKind.RUN_FINISHED, data={"state": state.value, "seconds": round(seconds, 3)})
    return RunResult(run=run, state=state, seconds=seconds, steps=dict(states), failures=tuple(failures))
