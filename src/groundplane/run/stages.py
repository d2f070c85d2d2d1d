"""Playbooks one after the other as a run of its own: for commands that aren't steps of a layer's graph.

The journal, logs, lock and watchers are those of any other run. Nothing here writes receipts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from groundplane.errors import FailedError, GroundplaneError
from groundplane.machine.cancel import CancelToken
from groundplane.plan.probe import probe_hosts
from groundplane.run.ansible import Playbook, run_playbook
from groundplane.run.engine import RunResult, host_told, state_of
from groundplane.run.events import EventKind, Failure, RunState, WorkState
from groundplane.run.journal.models import RunHostRow, RunRow, RunStepRow
from groundplane.run.journal.store import new_run_id
from groundplane.run.lock import site_lock
from groundplane.run.run_plan import users_of
from groundplane.run.teller import Teller
from groundplane.run.users import ACCESS
from groundplane.run.workbench import open_workbench

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from groundplane.plan.model import HostProbe
    from groundplane.run.ansible_events import Tell
    from groundplane.run.journal.store import Journal
    from groundplane.run.means import Means
    from groundplane.run.outcome import PlaybookOutcome
    from groundplane.run.redaction import Redactor
    from groundplane.run.users import Users
    from groundplane.run.workbench import Workbench
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection


class Act(Protocol):
    """Does a stage's work in the engine itself; blocks. What it tells and says is redacted."""

    def __call__(
        self, *, tell: Tell, say: Callable[[str], None], redactor: Redactor, cancel: CancelToken
    ) -> PlaybookOutcome: ...


@dataclass(frozen=True, slots=True)
class Stage:
    """A playbook on some hosts, or work that the engine does itself for them.

    Attributes:
        id: unique in the run, "LAYER.NAME"; shown, and the name of its log.
        description: a sentence for people.
        variables: extra variables for Ansible, which beat all others; no secrets.
        tags: of the playbook; all of it where there are none.
        act: does the work where there is no playbook.
    """

    id: str
    description: str
    playbook: Path | None
    hosts: tuple[str, ...]
    variables: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    timeout_minutes: float = 60
    act: Act | None = None


def run_stages(
    site: Site,
    stages: Sequence[Stage],
    *,
    command: str,
    means: Means,
    plan: str = "",
    always: Sequence[Stage] = (),
    extra: Mapping[str, Any] | None = None,
    dry: bool = False,
    changes: bool = True,
    keep_going: bool = False,
) -> RunResult:
    """Runs them in order. Call it in the main thread, inside `cancel_on_signals`.

    A stage that fails on any host stops the rest, unless `keep_going`. The stages `always` run in any case, each
    whatever became of the one before; only a second request to stop ends them.

    Args:
        command: what the journal calls the run.
        plan: what it keeps of what the run is to do.
        dry: Ansible's check mode.
        changes: whether the playbooks may change anything at all; the journal says so.

    Raises:
        LockedError: somebody works on this site.
        FailedError: the journal or a folder failed; what is in `always` was run all the same.
    """
    run = new_run_id()
    journal, redactor, cancel = means.journal, means.redactor(), means.cancel
    with site_lock(site.state, holder=means.holder, run=run):
        journal.mark_interrupted(site.state)
        teller = Teller(run, state=site.state, journal=journal, redactor=redactor, watchers=means.watchers)
        work = _Run(run, journal, teller, redactor, cancel, dry=dry)
        try:
            work.begin(
                RunRow(
                    id=run,
                    site=site.file.name,
                    command=command,
                    holder=means.holder,
                    state=RunState.RUNNING,
                    started_at=work.started,
                    dry=dry or not changes,
                    parallel=1,
                    plan=plan,
                ),
                (*stages, *always),
            )
            with open_workbench(
                site,
                runtime=means.runtime,
                connection=means.connection,
                vault_password=means.vault_password,
                memory=means.memory,
                extra=extra,
            ) as bench:
                users = users_of(site, journal, _ask_unknown(site, journal, means.connection, (*stages, *always)))
                work.run(stages, bench, users, cancel, keep_going=keep_going)
                work.run(always, bench, users, _Insisted(cancel), keep_going=True)
            return work.finish()
        finally:
            teller.close()


def _ask_unknown(
    site: Site, journal: Journal, connection: SshConnection, stages: Sequence[Stage]
) -> dict[str, HostProbe]:
    """Who is let in on hosts that this journal knows nothing of: the site may have been applied from elsewhere."""
    known = {host for step, host in journal.receipts() if step == ACCESS}
    unknown = [host for host in site.inventory.hosts if any(host in stage.hosts for stage in stages)]
    unknown = [host for host in unknown if host not in known and site.variables.value("ansible_user", host) is None]
    return probe_hosts(site, unknown, connection, steps=[]) if unknown else {}


class _Insisted(CancelToken):
    """Set where a person asked twice: what has to be put back isn't left undone for the first time."""

    def __init__(self, first: CancelToken) -> None:
        super().__init__()
        self._first = first

    def __bool__(self) -> bool:
        return self._first.requests > 1

    @property
    def why(self) -> str:
        return self._first.why


class _Run:
    """One run's bookkeeping."""

    def __init__(
        self, run: str, journal: Journal, teller: Teller, redactor: Redactor, cancel: CancelToken, *, dry: bool
    ) -> None:
        self.started = datetime.now(UTC)
        self._run = run
        self._journal = journal
        self._teller = teller
        self._redactor = redactor
        self._cancel = cancel
        self._dry = dry
        self._states: dict[str, WorkState] = {}
        self._failures: list[Failure] = []
        self._changed = 0
        self._trouble: GroundplaneError | None = None
        self._stopped = False

    def begin(self, row: RunRow, stages: Sequence[Stage]) -> None:
        self._journal.begin_run(
            row,
            [
                RunStepRow(
                    run=self._run,
                    step=stage.id,
                    number=number,
                    description=stage.description,
                    needs=[],
                    state=WorkState.WAITING,
                    hosts=len(stage.hosts),
                )
                for number, stage in enumerate(stages)
            ],
            [
                RunHostRow(run=self._run, step=stage.id, host=host, state=WorkState.WAITING)
                for stage in stages
                for host in stage.hosts
            ],
        )
        self._teller.tell(
            EventKind.RUN_STARTED,
            data={
                "command": row.command,
                "check": self._dry,
                "steps": {stage.id: list(stage.hosts) for stage in stages},
            },
        )

    def run(
        self, stages: Sequence[Stage], bench: Workbench, users: Users, cancel: CancelToken, *, keep_going: bool
    ) -> None:
        """Some stages in order; a journal or a folder that fails is told at the end."""
        stopped = False
        for stage in stages:
            if cancel:
                self._stopped = True
                return
            if stopped:
                self._held_back(stage)
                continue
            try:
                state = self._carry_out(stage, bench, users, cancel)
            except GroundplaneError as error:
                self._trouble = self._trouble or error
                self._states[stage.id] = state = WorkState.FAILED
            stopped = state is not WorkState.DONE and not keep_going

    def finish(self) -> RunResult:
        """The journal's last word.

        Raises:
            FailedError: a journal or a folder failed on the way.
        """
        state = RunState.DONE
        if self._trouble is not None or self._failures or WorkState.FAILED in self._states.values():
            state = RunState.FAILED
        if self._cancel and (self._stopped or WorkState.CANCELLED in self._states.values()):
            state = RunState.CANCELLED
        finished = datetime.now(UTC)
        seconds = (finished - self.started).total_seconds()
        why = self._cancel.why if state is RunState.CANCELLED else ""
        self._journal.finish_run(self._run, state, finished, why)
        self._teller.tell(
            EventKind.RUN_FINISHED, data={"state": state.value, "seconds": round(seconds, 3), "reason": why}
        )
        self._teller.flush()
        if self._trouble is not None:
            raise self._trouble
        return RunResult(
            run=self._run,
            state=state,
            seconds=seconds,
            steps=dict(self._states),
            failures=tuple(self._failures),
            changed=self._changed,
        )

    def _carry_out(self, stage: Stage, bench: Workbench, users: Users, cancel: CancelToken) -> WorkState:
        def tell(kind: EventKind, host: str | None, task: str | None, data: dict[str, Any]) -> None:
            self._teller.tell(kind, step=stage.id, host=host, task=task, data=data)

        self._journal.step_started(self._run, stage.id, stage.hosts, datetime.now(UTC))
        self._teller.tell(EventKind.STEP_STARTED, step=stage.id, data={"hosts": list(stage.hosts)})
        with self._teller.log(stage.id) as say:
            if stage.act is not None:
                outcome = stage.act(tell=tell, say=say, redactor=self._redactor, cancel=cancel)
            elif stage.playbook is not None:
                outcome = run_playbook(
                    bench,
                    Playbook(
                        id=stage.id,
                        path=stage.playbook,
                        hosts=stage.hosts,
                        users=users.of(stage.hosts),
                        variables={"groundplane_step": stage.id, "groundplane_run": self._run, **stage.variables},
                        tags=stage.tags,
                        check=self._dry,
                        timeout_minutes=stage.timeout_minutes,
                    ),
                    redactor=self._redactor,
                    tell=tell,
                    say=say,
                    cancel=cancel,
                )
            else:
                raise FailedError(f"The stage {stage.id} has neither a playbook nor work of the engine's own")
        state = self._states[stage.id] = state_of(outcome)
        self._journal.step_finished(self._run, stage.id, state, outcome.hosts, datetime.now(UTC), error=outcome.error)
        for host, ended in outcome.hosts.items():
            self._changed += ended.changed
            if ended.state in (WorkState.FAILED, WorkState.UNREACHABLE):
                self._failures.append(Failure(stage.id, host, ended.task, ended.reason))
            self._teller.tell(EventKind.HOST_FINISHED, step=stage.id, host=host, data=host_told(ended))
        self._teller.tell(
            EventKind.STEP_FINISHED,
            step=stage.id,
            data={
                "state": state.value,
                "seconds": round(outcome.seconds, 3),
                "tasks": outcome.tasks,
                "changed": sum(ended.changed for ended in outcome.hosts.values()),
            },
        )
        return state

    def _held_back(self, stage: Stage) -> None:
        """The journal's own account of it is settled at the end of the run."""
        self._states[stage.id] = WorkState.HELD_BACK
        self._teller.tell(EventKind.STEP_FINISHED, step=stage.id, data={"state": WorkState.HELD_BACK.value})
