"""Checks that the engine makes itself, beside a layer's verify playbook: of an API, or of many hosts at once.

A check is a module with one function. It is imported when it is needed:

    def check(call: CheckCall) -> None
        Looks, and tells what is wrong by its tasks' `wrong`. Raises a GroundplaneError where it can't go on.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from groundplane.errors import CancelledError, GroundplaneError
from groundplane.run.actions import one_line
from groundplane.run.events import EventKind, WorkState
from groundplane.run.outcome import HostOutcome, PlaybookOutcome
from groundplane.run.plain_text import plain_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from groundplane.machine.cancel import CancelToken
    from groundplane.run.ansible_events import Tell
    from groundplane.run.redaction import Redactor
    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection


NAMED = 5
"""Problems that are told of one host where a line has to do."""


@dataclass(frozen=True, slots=True)
class EngineCheck:
    """A check of a layer.

    Attributes:
        name: short; it is left out by this name.
        module: has the function `check`.
        by_step: whether it makes sense for some of the layer's steps, too.
    """

    name: str
    module: str
    description: str
    minutes: float = 10
    by_step: bool = False


ENGINE_CHECKS: Mapping[str, tuple[EngineCheck, ...]] = {
    "openstack": (
        EngineCheck(
            "services",
            "groundplane.openstack.checks.check",
            "Containers, services and agents of each host, and every endpoint of the catalog",
            by_step=True,
        ),
    ),
    "identity": (
        EngineCheck(
            "realms",
            "groundplane.identity.checks.declared",
            "Realms and customers as the site declares them",
            by_step=True,
        ),
        EngineCheck(
            "logins",
            "groundplane.identity.checks.check",
            "Logins by each way in, refusals and logout, as people of a customer made for it",
            minutes=15,
        ),
    ),
    "platform": (
        EngineCheck(
            "declared",
            "groundplane.platform.check",
            "Everything that the site declares of its platform",
            by_step=True,
        ),
        EngineCheck(
            "smoke",
            "groundplane.openstack.smoke.check",
            "A server from a volume, as an ordinary user",
            minutes=60,
        ),
    ),
}
"""Layer to its checks, in their order."""


class Asked(Protocol):
    """The module of a check."""

    def check(self, call: CheckCall) -> None: ...


def find_check(check: EngineCheck) -> Callable[[CheckCall], None]:
    return cast("Asked", import_module(check.module)).check


@dataclass(slots=True)
class CheckTask:
    """One piece of a check: what is wrong, by host; None for what no single host is to blame for."""

    name: str
    problems: dict[str | None, list[str]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def wrong(self, host: str | None, what: str) -> None:
        self.problems.setdefault(host, []).append(what)

    def note(self, text: str) -> None:
        """Something to know that isn't wrong; one line."""
        self.remarks.append(text)


@dataclass(slots=True)
class CheckCall:
    """What a check gets.

    Attributes:
        hosts: those asked for. What is wrong with none of them in particular is told at the first one.
        steps: short names of the layer's steps, where not the whole layer is asked for.
        memory: a private folder in memory, for secrets.
        holder: USER@HOST of who asks.
        hide: from now on these words are secrets, in events and logs.
        stopped: asked several times a second; True means that the run was cancelled or that time is up.
        insisted: the same for what has to be put back in any case: True where a person asked twice.
    """

    site: Site
    hosts: tuple[str, ...]
    steps: tuple[str, ...]
    connection: SshConnection
    memory: Path
    holder: str
    say: Callable[[str], None]
    hide: Callable[[Iterable[str]], None]
    stopped: Callable[[], bool]
    insisted: Callable[[], bool]
    tell: Tell
    tasks: list[tuple[CheckTask, float]] = field(default_factory=list)
    """Those that have ended, and their seconds."""
    last: str = ""
    """What `now` told last."""

    @contextmanager
    def task(self, name: str) -> Iterator[CheckTask]:
        """One piece of the check. An error that comes out of it is told as its end, and goes on its way."""
        task = CheckTask(name)
        self.tell(EventKind.TASK_STARTED, None, name, {"number": len(self.tasks) + 1})
        started = time.monotonic()
        try:
            yield task
        except CancelledError:
            self.say(f"{task.name}: stopped after {time.monotonic() - started:.1f} s")
            raise
        except GroundplaneError as error:
            task.wrong(None, one_line(error))
            self._ended(task, time.monotonic() - started)
            raise
        self._ended(task, time.monotonic() - started)

    def now(self, text: str) -> None:
        """What goes on inside a long task, for who watches; the same again isn't told."""
        if text != self.last:
            self.last = text
            self.tell(EventKind.NOTE, None, None, {"text": text})

    def _ended(self, task: CheckTask, seconds: float) -> None:
        self.tasks.append((task, seconds))
        remark = "; ".join(task.remarks)
        status = "failed" if task.problems else "ok"
        self.say(f"{task.name}: {status} in {seconds:.1f} s{f' ({remark})' if remark else ''}")
        for host, problems in task.problems.items():
            for problem in problems:
                self.say(f"  {host or 'the cloud'}: {problem}")
        for host in self.hosts:
            problems = problems_of(task, host, self.hosts)
            told: dict[str, object] = {"status": "failed" if problems else "ok", "seconds": round(seconds, 3)}
            if problems or remark:
                told["reason"] = _few(problems) or remark
            self.tell(EventKind.TASK_RESULT, host, task.name, told)


def problems_of(task: CheckTask, host: str, hosts: tuple[str, ...]) -> list[str]:
    """Those of the host's own; at the first host also what belongs to none of them."""
    found = list(task.problems.get(host, ()))
    if host == hosts[0]:
        found += [what for other, wrongs in task.problems.items() if other not in hosts for what in wrongs]
    return found


def run_check(
    work: Callable[[CheckCall], None],
    site: Site,
    hosts: tuple[str, ...],
    *,
    steps: tuple[str, ...],
    connection: SshConnection,
    memory: Path,
    holder: str,
    minutes: float,
    redactor: Redactor,
    tell: Tell,
    say: Callable[[str], None],
    cancel: CancelToken,
) -> PlaybookOutcome:
    """Makes a check and returns how it ended, host by host; blocks."""
    started = time.monotonic()
    deadline = started + minutes * 60
    call = CheckCall(
        site=site,
        hosts=hosts,
        steps=steps,
        connection=connection,
        memory=memory,
        holder=holder,
        say=say,
        hide=redactor.add,
        stopped=lambda: bool(cancel) or time.monotonic() > deadline,
        insisted=lambda: cancel.requests > 1,
        tell=tell,
    )
    error, cancelled, timed_out = "", False, False
    try:
        work(call)
    except CancelledError as stopped:
        cancelled = bool(cancel)
        timed_out = not cancelled and time.monotonic() > deadline
        error = "" if cancelled else f"it took longer than {minutes:.0f} minutes" if timed_out else stopped.what
    except GroundplaneError as failed:
        error = one_line(failed)
        for line in (failed.what, failed.why, failed.cure):
            if line:
                call.say(line)
    return PlaybookOutcome(
        hosts={host: _outcome(call, host, error, cancelled=cancelled, redactor=redactor) for host in hosts},
        seconds=time.monotonic() - started,
        error=redactor.text(error),
        cancelled=cancelled,
        timed_out=timed_out,
        tasks=len(call.tasks),
    )


def _few(problems: list[str]) -> str:
    """The first ones; the step's log has all."""
    more = len(problems) - NAMED
    return "; ".join(problems[:NAMED]) + (f"; and {more} more, in the run's log" if more > 0 else "")


def _outcome(call: CheckCall, host: str, error: str, *, cancelled: bool, redactor: Redactor) -> HostOutcome:
    wrong = {task.name: problems for task, _ in call.tasks if (problems := problems_of(task, host, call.hosts))}
    told = [problem for problems in wrong.values() for problem in problems]
    if error and host == call.hosts[0] and error not in told:
        told.append(error)
    state = WorkState.CANCELLED if cancelled else WorkState.FAILED if told else WorkState.DONE
    return HostOutcome(
        state=state,
        ok=len(call.tasks) - len(wrong),
        failed=len(wrong),
        task=next(iter(wrong), call.tasks[-1][0].name if call.tasks else ""),
        reason="the run was cancelled" if cancelled else redactor.text(plain_text(_few(told))),
    )
