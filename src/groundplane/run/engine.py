"""Carries out a plan: steps side by side where the graph allows, every end written down before the next begins."""

from __future__ import annotations

import queue
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError, GroundplaneError
from groundplane.plan.model import Receipt
from groundplane.run.ansible import Playbook, run_playbook
from groundplane.run.events import EventKind, Failure, RunState, WorkState
from groundplane.run.journal.models import RunHostRow, RunRow, RunStepRow
from groundplane.run.outcome import HostOutcome, PlaybookOutcome
from groundplane.run.scheduler import Ready, Schedule
from groundplane.site.derived_images import BUILDERS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from groundplane.layers.model import Graph, Step
    from groundplane.machine.cancel import CancelToken
    from groundplane.plan.model import Fingerprint, Plan
    from groundplane.run.journal.store import Journal
    from groundplane.run.redaction import Redactor
    from groundplane.run.teller import Teller
    from groundplane.run.users import Users
    from groundplane.run.workbench import Workbench
    from groundplane.run.workers import Act, HandOver, PlayService, ReadState, Renew

BESIDE = 1
"""How many steps run beside those that work on hosts."""
DEPLOY = "deploy"
"""Kolla's action for a service that is to be as configured, whether it is there already or not."""
PLAYED = frozenset({"kolla_prechecks"})
"""Actions that are Ansible's work on what services of Kolla's are played with."""
APPLYING = frozenset({DEPLOY, "reconfigure", "upgrade"})
"""Kolla's actions after which a service is as the site says."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How, as opposed to what.

    Attributes:
        command: what the journal calls the run.
        action: what is done with Kolla's services, in Kolla's words.
    """

    run: str
    holder: str
    parallel: int = 1
    check: bool = False
    resumes: str | None = None
    command: str = "apply"
    action: str = DEPLOY

    @property
    def applies(self) -> bool:
        """Whether what succeeds is then as the site says, so that it leaves a receipt."""
        return not self.check and self.action in APPLYING


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended."""

    run: str
    state: RunState
    seconds: float
    steps: Mapping[str, WorkState]
    failures: tuple[Failure, ...] = ()
    held_back: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Step to hosts and reasons."""
    changed: int = 0
    """Tasks that changed something."""


class Engine:
    """One run. `run()` may be called once, in the main thread; steps work in threads of its own."""

    def __init__(
        self,
        *,
        graph: Graph,
        plan: Plan,
        journal: Journal,
        bench: Workbench,
        redactor: Redactor,
        teller: Teller,
        cancel: CancelToken,
        users: Users,
        read_state: ReadState,
        act: Act,
        hand_over: HandOver,
        play_service: PlayService,
        options: RunOptions,
        renew: Renew = dict,
    ) -> None:
        self._renew = renew
        self._on_hosts = 0
        """How many steps work on hosts."""
        self._graph = graph
        self._plan = plan
        self._journal = journal
        self._bench = bench
        self._redactor = redactor
        self._teller = teller
        self._cancel = cancel
        self._users = users
        self._read_state = read_state
        self._act = act
        self._hand_over = hand_over
        self._play_service = play_service
        self._options = options
        self._fingerprints: dict[tuple[str, str], Fingerprint] = {
            (step.step, host.host): host.fingerprint for step in plan.steps for host in step.hosts
        }
        self._states: dict[str, WorkState] = {}
        self._failures: list[Failure] = [
            Failure(step="", host=host, task="", reason=why) for host, why in plan.unreachable.items()
        ]
        self._held_back: dict[str, Mapping[str, str]] = {}
        self._unfinished = frozenset(journal.unfinished())
        self._changed = 0
        self._trouble: GroundplaneError | None = None

    def run(self) -> RunResult:
        """Blocks until everything that could run has run.

        Raises:
            FailedError: the journal or the memory folder failed; what had begun was ended first.
        """
        started = datetime.now(UTC)
        schedule = Schedule(self._plan, self._graph.steps)
        self._begin(started)
        ended: queue.SimpleQueue[tuple[str, PlaybookOutcome | GroundplaneError]] = queue.SimpleQueue()
        waiting: list[Ready] = []
        running: set[str] = set()
        with ThreadPoolExecutor(self._options.parallel + BESIDE, thread_name_prefix="step") as pool:
            while True:
                if not self._cancel:
                    waiting += schedule.ready()
                while not self._cancel and (ready := self._next(waiting, running, schedule)) is not None:
                    waiting.remove(ready)
                    if self._hold_back(ready):
                        running.add(ready.step)
                        self._count(running)
                        pool.submit(self._work, ready, ended)
                    else:
                        schedule.finished(ready.step, {})
                        waiting += schedule.ready()
                if not running:
                    break
                step, outcome = ended.get()
                running.discard(step)
                self._count(running)
                schedule.finished(step, self._settle(step, outcome))
        state = self._state()
        finished = datetime.now(UTC)
        why = self._cancel.why if state is RunState.CANCELLED else ""
        self._journal.finish_run(self._options.run, state, finished, why)
        seconds = (finished - started).total_seconds()
        self._teller.tell(
            EventKind.RUN_FINISHED, data={"state": state.value, "seconds": round(seconds, 3), "reason": why}
        )
        self._teller.flush()
        if self._trouble is not None:
            raise self._trouble
        return RunResult(
            run=self._options.run,
            state=state,
            seconds=seconds,
            steps=dict(self._states),
            failures=tuple(self._failures),
            held_back=self._held_back,
            changed=self._changed,
        )

    def _next(self, waiting: Sequence[Ready], running: Collection[str], schedule: Schedule) -> Ready | None:
        """The one with the most behind it that finds a place; steps beside the others have one of their own."""
        beside = sum(self._graph.steps[id_].beside for id_ in running)
        free = {True: BESIDE - beside, False: self._options.parallel - (len(running) - beside)}
        found = [ready for ready in waiting if free[self._graph.steps[ready.step].beside] > 0]
        return max(found, key=lambda ready: schedule.behind(ready.step), default=None)

    def _count(self, running: Collection[str]) -> None:
        self._on_hosts = sum(not self._graph.steps[id_].beside for id_ in running)

    def _begin(self, at: datetime) -> None:
        run = self._options.run
        work = [step for step in self._plan.steps if step.hosts_to_run()]
        self._journal.begin_run(
            RunRow(
                id=run,
                site=self._plan.site,
                command=self._options.command,
                holder=self._options.holder,
                state=RunState.RUNNING,
                started_at=at,
                dry=not self._options.applies,
                parallel=self._options.parallel,
                resumes=self._options.resumes,
                plan=self._plan.model_dump_json(),
            ),
            [
                RunStepRow(
                    run=run,
                    step=step.step,
                    number=number,
                    wave=step.wave,
                    description=step.description,
                    needs=[need.step for need in self._graph.steps[step.step].needs],
                    state=WorkState.WAITING,
                    hosts=len(step.hosts_to_run()),
                )
                for number, step in enumerate(work)
            ],
            [
                RunHostRow(run=run, step=step.step, host=host, state=WorkState.WAITING)
                for step in work
                for host in step.hosts_to_run()
            ],
        )
        self._teller.tell(
            EventKind.RUN_STARTED,
            data={
                "command": self._options.command,
                "check": self._options.check,
                "resumes": self._options.resumes,
                "steps": {step.step: list(step.hosts_to_run()) for step in work},
            },
        )

    def _hold_back(self, ready: Ready) -> bool:
        """Writes down who is held back; whether anybody is left to run on."""
        run, at = self._options.run, datetime.now(UTC)
        if ready.held_back:
            self._held_back[ready.step] = ready.held_back
            for host, reason in ready.held_back.items():
                self._teller.tell(
                    EventKind.HOST_FINISHED,
                    step=ready.step,
                    host=host,
                    data={"state": WorkState.HELD_BACK.value, "reason": reason},
                )
        if ready.hosts:
            return True
        outcomes = _held(ready.held_back)
        self._states[ready.step] = WorkState.HELD_BACK
        self._keep(lambda: self._journal.step_finished(run, ready.step, WorkState.HELD_BACK, outcomes, at))
        self._teller.tell(EventKind.STEP_FINISHED, step=ready.step, data={"state": WorkState.HELD_BACK.value})
        return False

    def _work(self, ready: Ready, ended: queue.SimpleQueue[tuple[str, PlaybookOutcome | GroundplaneError]]) -> None:
        """In a thread of the pool. Whatever happens, an end is told."""
        outcome: PlaybookOutcome | GroundplaneError = FailedError(f"{ready.step} ended without an answer")
        try:
            outcome = self._carry_out(ready)
        except GroundplaneError as error:
            outcome = error
        finally:
            ended.put((ready.step, outcome))

    def _carry_out(self, ready: Ready) -> PlaybookOutcome:
        step = self._graph.steps[ready.step]
        run = self._options.run
        at = datetime.now(UTC)
        self._journal.step_started(run, step.id, ready.hosts, at)
        self._teller.tell(EventKind.STEP_STARTED, step=step.id, data={"hosts": list(ready.hosts)})
        # As of now: what a step beside this one builds meanwhile isn't what this one finds.
        fingerprints = self._fingerprints
        with self._teller.log(step.id) as say:
            outcome, handed = self._run_work(step, ready.hosts, say)
        if step.action in BUILDERS and not self._options.check:
            # Also where some of it failed: what was built is there.
            self._fingerprints = fingerprints = {**self._fingerprints, **self._renew()}
        succeeded = outcome.succeeded()
        receipts: list[Receipt] = []
        if succeeded and self._options.applies:
            self._users.moved(step.id, succeeded)
            # The moment of the receipt is the end of the work, not of the question that follows.
            applied_at = datetime.now(UTC)
            states = self._read_state(step.id, succeeded)
            if step.action is None:
                outcome = outcome.without([host for host in succeeded if states.get(host) is None])
            receipts = [
                Receipt(
                    step=step.id,
                    host=host,
                    run=run,
                    applied_at=applied_at,
                    fingerprint=fingerprints[step.id, host],
                    state=_state(states.get(host), handed),
                )
                for host in outcome.succeeded()
            ]
        self._journal.step_finished(
            run,
            step.id,
            state_of(outcome),
            {**outcome.hosts, **_held(ready.held_back)},
            datetime.now(UTC),
            error=outcome.error,
            receipts=receipts,
        )
        return outcome

    def _run_work(
        self, step: Step, hosts: Sequence[str], say: Callable[[str], None]
    ) -> tuple[PlaybookOutcome, Mapping[str, str]]:
        def tell(kind: EventKind, host: str | None, task: str | None, data: dict[str, Any]) -> None:
            self._teller.tell(kind, step=step.id, host=host, task=task, data=data)

        playbook = step.playbook
        if playbook is None and step.service is None and step.action not in PLAYED:
            return self._act(step, hosts, tell=tell, say=say, alone=lambda: not self._on_hosts), {}

        def run(playbook: Playbook) -> PlaybookOutcome:
            return run_playbook(
                self._bench,
                replace(
                    playbook,
                    users=self._users.of(playbook.hosts),
                    check=self._options.check,
                    timeout_minutes=step.timeout_minutes,
                ),
                redactor=self._redactor,
                tell=tell,
                say=say,
                cancel=self._cancel,
            )

        def play(variables: Mapping[str, Any]) -> PlaybookOutcome:
            if playbook is None:
                return self._play_service(step, hosts, handed=variables, play=run, action=self._options.action)
            return run(
                Playbook(
                    id=step.id,
                    path=playbook,
                    hosts=tuple(hosts),
                    unfinished=frozenset(host for host in hosts if (step.id, host) in self._unfinished),
                    variables={"groundplane_step": step.id, **step.variables, **variables},
                )
            )

        return self._hand_over(step, hosts, say=say, play=play)

    def _settle(self, step: str, outcome: PlaybookOutcome | GroundplaneError) -> dict[str, WorkState]:
        """Tells how a step ended, and returns it by host."""
        if isinstance(outcome, GroundplaneError):
            self._trouble = self._trouble or outcome
            self._cancel.cancel(outcome.what)
            self._states[step] = WorkState.FAILED
            self._teller.tell(
                EventKind.STEP_FINISHED, step=step, data={"state": WorkState.FAILED.value, "reason": outcome.what}
            )
            return {}
        state = state_of(outcome)
        self._states[step] = state
        for host, ended in outcome.hosts.items():
            self._changed += ended.changed
            if ended.state in (WorkState.FAILED, WorkState.UNREACHABLE):
                self._failures.append(Failure(step, host, ended.task, ended.reason))
            self._teller.tell(EventKind.HOST_FINISHED, step=step, host=host, data=host_told(ended))
        self._teller.tell(
            EventKind.STEP_FINISHED,
            step=step,
            data={
                "state": state.value,
                "seconds": round(outcome.seconds, 3),
                "tasks": outcome.tasks,
                "changed": sum(ended.changed for ended in outcome.hosts.values()),
            },
        )
        return {host: ended.state for host, ended in outcome.hosts.items()}

    def _keep(self, write: Callable[[], None]) -> None:
        """A journal that fails stops the run in an orderly way, and the first such error is the one that is shown."""
        try:
            write()
        except GroundplaneError as error:
            self._trouble = self._trouble or error
            self._cancel.cancel(error.what)

    def _state(self) -> RunState:
        if self._trouble is not None:
            return RunState.FAILED
        if self._cancel:
            return RunState.CANCELLED
        whole = all(state is WorkState.DONE for state in self._states.values())
        whole = whole and not self._held_back and not self._failures
        return RunState.DONE if whole else RunState.FAILED


def state_of(outcome: PlaybookOutcome) -> WorkState:
    states = {ended.state for ended in outcome.hosts.values()}
    for state in (WorkState.CANCELLED, WorkState.FAILED, WorkState.UNREACHABLE):
        if state in states:
            return WorkState.FAILED if state is WorkState.UNREACHABLE else state
    return WorkState.DONE


def _held(held_back: Mapping[str, str]) -> dict[str, HostOutcome]:
    return {host: HostOutcome(state=WorkState.HELD_BACK, reason=reason) for host, reason in held_back.items()}


def host_told(ended: HostOutcome) -> dict[str, str | int]:
    return {
        "state": ended.state.value,
        "ok": ended.ok,
        "changed": ended.changed,
        "failed": ended.failed,
        "skipped": ended.skipped,
        "task": ended.task,
        "reason": ended.reason,
    }


def _state(watched: Mapping[str, str] | None, handed: Mapping[str, str]) -> dict[str, str] | None:
    return None if watched is None else {**watched, **handed}
