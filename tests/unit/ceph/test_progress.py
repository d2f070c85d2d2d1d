"""Notes beside a long stage."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from groundplane.ceph.progress import ProgressWatcher
from groundplane.errors import FailedError
from groundplane.run.events import EventKind, RunEvent

from .cluster_states import healthy

if TYPE_CHECKING:
    from groundplane.ceph.state import ClusterState

LONG = 10.0


class Recorder:
    def __init__(self, enough: int) -> None:
        self.notes: list[str] = []
        self.kinds: list[EventKind] = []
        self.closed = False
        self.heard = threading.Event()
        self._enough = enough

    def see(self, event: RunEvent) -> None:
        self.kinds.append(event.kind)
        if event.kind is EventKind.NOTE:
            assert (event.run, event.step) == ("run", "ceph.host_drain")
            self.notes.append(str((event.data or {})["text"]))
            if len(self.notes) >= self._enough:
                self.heard.set()

    def close(self) -> None:
        self.closed = True


def event(kind: EventKind) -> RunEvent:
    return RunEvent(kind, datetime.now(UTC), "run", step="ceph.host_drain")


def test_notes_are_told_while_a_step_runs_and_none_twice() -> None:
    asked = iter(["one", "one", "", "two"])
    told = Recorder(2)

    def ask() -> ClusterState:
        return healthy()

    watcher = ProgressWatcher(told, ask, lambda _state: next(asked, "two"), pause_seconds=0.01)
    watcher.see(event(EventKind.STEP_STARTED))
    assert told.heard.wait(LONG)
    watcher.see(event(EventKind.STEP_FINISHED))
    watcher.close()
    assert told.notes == ["one", "two"]
    assert (told.kinds[0], told.kinds[-1]) == (EventKind.STEP_STARTED, EventKind.STEP_FINISHED)
    assert told.closed


def test_a_cluster_that_is_silent_for_a_while_is_waited_for() -> None:
    told, silent = Recorder(1), iter([True, True])

    def ask() -> ClusterState:
        if next(silent, False):
            raise FailedError("No host can speak for the Ceph cluster")
        return healthy()

    watcher = ProgressWatcher(told, ask, lambda state: state.health.status, pause_seconds=0.01)
    watcher.see(event(EventKind.STEP_STARTED))
    assert told.heard.wait(LONG)
    watcher.close()
    assert told.notes == ["HEALTH_OK"]


def test_a_watcher_that_never_saw_a_step_is_closed_at_once() -> None:
    told = Recorder(1)
    ProgressWatcher(told, healthy, lambda _state: "", pause_seconds=LONG).close()
    assert told.closed
