"""What happens in a run, told one event at a time to whoever watches: terminal, pipe, JSON, journal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from datetime import datetime


class RunState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    """The engine went away; found out by the next one."""


class WorkState(StrEnum):
    """Of a step, and of a step on one host."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    HELD_BACK = "held_back"
    """Something that it needs did not succeed."""
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Failure:
    """One host that a step failed on; `step` and `task` are empty where it could not be reached from the start."""

    step: str
    host: str
    task: str
    reason: str


class EventKind(StrEnum):
    RUN_STARTED = "run_started"
    STEP_STARTED = "step_started"
    TASK_STARTED = "task_started"
    TASK_RESULT = "task_result"
    HOST_FINISHED = "host_finished"
    """data: state, ok, changed, failed, skipped, task, reason."""
    STEP_FINISHED = "step_finished"
    RUN_FINISHED = "run_finished"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class RunEvent:
    """One event; `data` is JSON and free of secrets before anybody sees it."""

    kind: EventKind
    at: datetime
    run: str
    step: str | None = None
    host: str | None = None
    task: str | None = None
    data: dict[str, Any] | None = None


class Watcher(Protocol):
    """Somebody who is told. Called from several threads, one call at a time."""

    def see(self, event: RunEvent) -> None: ...

    def close(self) -> None: ...
