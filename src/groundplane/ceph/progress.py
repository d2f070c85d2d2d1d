"""Tells how far the cluster is while a long stage runs: the cluster is asked beside it, every few seconds.

A playbook's task says nothing before it ends, and data can take days to move.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from groundplane.errors import GroundplaneError
from groundplane.run.events import EventKind, RunEvent

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundplane.ceph.state import ClusterState
    from groundplane.run.events import Watcher

PAUSE_SECONDS = 5.0


class ProgressWatcher:
    """Passes on what it is told, and adds notes while a step runs. Asks no more once it is closed.

    Args:
        ask: the cluster's state now; what it raises is waited out, since a cluster may be silent for a while.
        describe: a sentence for people; empty where there is nothing to say. The same one isn't said twice.
    """

    def __init__(
        self,
        watcher: Watcher,
        ask: Callable[[], ClusterState],
        describe: Callable[[ClusterState], str],
        *,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._watcher = watcher
        self._ask = ask
        self._describe = describe
        self._pause = pause_seconds
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._run = ""
        self._step: str | None = None
        self._said = ""
        self._thread = threading.Thread(target=self._follow, name="progress", daemon=True)

    def see(self, event: RunEvent) -> None:
        with self._lock:
            if event.kind is EventKind.STEP_STARTED:
                self._run, self._step, self._said = event.run, event.step, ""
                if not self._thread.is_alive() and not self._closed.is_set():
                    self._thread.start()
            elif event.kind is EventKind.STEP_FINISHED:
                self._step = None
            self._watcher.see(event)

    def close(self) -> None:
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join(self._pause)
        self._watcher.close()

    def _follow(self) -> None:
        while not self._closed.wait(self._pause):
            try:
                text = self._describe(self._ask())
            except GroundplaneError:
                continue
            with self._lock:
                if text and text != self._said and self._step is not None and not self._closed.is_set():
                    self._said = text
                    note = RunEvent(EventKind.NOTE, datetime.now(UTC), self._run, step=self._step, data={"text": text})
                    self._watcher.see(note)
