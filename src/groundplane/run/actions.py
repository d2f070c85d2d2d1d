"""Runs an action of the engine's own, with the same events, the same log and the same ends as a playbook."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from groundplane.counting import counted
from groundplane.errors import CancelledError, GroundplaneError
from groundplane.layers.actions import ActionCall, find_action
from groundplane.run.events import EventKind, WorkState
from groundplane.run.outcome import HostOutcome, PlaybookOutcome
from groundplane.run.plain_text import plain_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from groundplane.layers.actions import ActionPlaces
    from groundplane.layers.model import Step
    from groundplane.machine.cancel import CancelToken
    from groundplane.run.ansible_events import Tell
    from groundplane.run.redaction import Redactor
    from groundplane.site.site import Site


def run_action(
    site: Site,
    step: Step,
    hosts: Sequence[str],
    *,
    places: ActionPlaces,
    redactor: Redactor,
    tell: Tell,
    say: Callable[[str], None],
    cancel: CancelToken,
    check: bool = False,
    alone: Callable[[], bool] = lambda: True,
) -> PlaybookOutcome:
    """Runs the step's action and returns how it ended, the same for each host; blocks."""
    started = time.monotonic()
    story = Story(hosts, tell, say)
    deadline = started + step.timeout_minutes * 60
    call = ActionCall(
        site=site,
        hosts=tuple(hosts),
        places=places,
        check=check,
        begin=story.begin,
        report=story.report,
        say=say,
        stopped=lambda: bool(cancel) or time.monotonic() > deadline,
        alone=alone,
    )
    minutes = f"the step took longer than its {counted(step.timeout_minutes, 'minute')} (timeout_minutes in layers.yml)"
    return carry_out(
        lambda: find_action(step.action or "").carry_out(call),
        story,
        started=started,
        deadline=deadline,
        late=minutes,
        redactor=redactor,
        cancel=cancel,
    )


def carry_out(
    work: Callable[[], None],
    story: Story,
    *,
    started: float,
    deadline: float,
    late: str,
    redactor: Redactor,
    cancel: CancelToken,
) -> PlaybookOutcome:
    """Does the work and returns how it ended, the same for each of the story's hosts; blocks.

    Args:
        started: time.monotonic() at its beginning; `deadline` is where its time is up.
        late: the reason where it is.
    """
    cancelled = timed_out = False
    state, reason, error = WorkState.DONE, "", ""
    try:
        work()
    except CancelledError as stopped:
        cancelled = bool(cancel)
        timed_out = not cancelled and time.monotonic() > deadline
        state = WorkState.CANCELLED if cancelled else WorkState.FAILED
        reason = "the run was cancelled" if cancelled else late if timed_out else stopped.what
    except GroundplaneError as failed:
        state, reason, error = WorkState.FAILED, redactor.text(one_line(failed)), redactor.text(failed.what)
        for line in (failed.what, failed.why, failed.cure):
            if line:
                story.say(line)
    return PlaybookOutcome(
        hosts={host: story.outcome(state, reason) for host in story.hosts},
        seconds=time.monotonic() - started,
        error=error,
        cancelled=cancelled,
        timed_out=timed_out,
        exit_code=0 if state is WorkState.DONE else 1,
        tasks=story.tasks,
    )


class Story:
    """Counts pieces of work as Ansible counts tasks. Safe to call from several threads."""

    def __init__(self, hosts: Sequence[str], tell: Tell, say: Callable[[str], None]) -> None:
        self.tasks = 0
        self.hosts = hosts
        self._tell = tell
        self.say = say
        self._lock = threading.Lock()
        self._counts = dict.fromkeys(("ok", "changed", "skipped", "failed"), 0)
        self._task = ""

    def begin(self, task: str) -> None:
        with self._lock:
            self.tasks += 1
            number = self.tasks
        self._tell(EventKind.TASK_STARTED, None, task, {"number": number})

    def report(self, task: str, *, status: str, seconds: float = 0.0, reason: str = "") -> None:
        with self._lock:
            self._counts[status] += 1
            if status == "failed" or not self._counts["failed"]:
                self._task = task
        told: dict[str, object] = {"status": status, "seconds": round(seconds, 3)}
        if reason:
            told["reason"] = reason
        self.say(f"{task}: {status}{f' ({reason})' if reason else ''}")
        for host in self.hosts:
            self._tell(EventKind.TASK_RESULT, host, task, told)

    def outcome(self, state: WorkState, reason: str) -> HostOutcome:
        counts = self._counts
        return HostOutcome(
            state=state,
            ok=counts["ok"] + counts["changed"],
            changed=counts["changed"],
            failed=counts["failed"],
            skipped=counts["skipped"],
            task=self._task,
            reason=reason,
        )


def one_line(error: GroundplaneError) -> str:
    """What happened, why and what next, for the place where a host's reason stands."""
    parts = [error.what, *error.why.splitlines()[-1:], error.cure]
    return plain_text(". ".join(part.strip().rstrip(".") for part in parts if part))
