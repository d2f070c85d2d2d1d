"""Tells events to whoever watches, keeps them in the journal, writes the steps' logs; all plain and redacted."""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from groundplane.run.events import EventKind, RunEvent, Watcher
from groundplane.run.lock import state_error
from groundplane.run.plain_text import plain_data, plain_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from groundplane.run.journal.store import Journal
    from groundplane.run.redaction import Redactor

BATCH_SECONDS = 0.5
BATCH_EVENTS = 200
_BATCHED = (EventKind.TASK_STARTED, EventKind.TASK_RESULT)
"""These may be lost when the engine is killed; all others are in the journal before anybody is told."""


def logs_folder(state: Path, run: str) -> Path:
    return state / "runs" / run


class Teller:
    """Of one run. Safe to call from several threads; watchers are told one event at a time."""

    def __init__(
        self, run: str, *, state: Path, journal: Journal | None, redactor: Redactor, watchers: Sequence[Watcher]
    ) -> None:
        self._run = run
        self._folder = logs_folder(state, run)
        self._journal = journal
        self._redactor = redactor
        self._watchers = watchers
        self._lock = threading.Lock()
        self._kept: list[RunEvent] = []
        self._flushed_at = time.monotonic()

    def tell(
        self,
        kind: EventKind,
        *,
        step: str | None = None,
        host: str | None = None,
        task: str | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        """One event.

        Raises:
            FailedError: the journal can't be written.
        """
        event = RunEvent(
            kind=kind,
            at=datetime.now(UTC),
            run=self._run,
            step=step,
            host=host,
            task=None if task is None else self._redactor.text(plain_text(task)),
            data=None if data is None else self._redactor.data(plain_data(data)),
        )
        with self._lock:
            self._kept.append(event)
            late = time.monotonic() - self._flushed_at > BATCH_SECONDS
            if kind not in _BATCHED or late or len(self._kept) >= BATCH_EVENTS:
                self._flush()
            for watcher in self._watchers:
                watcher.see(event)

    def flush(self) -> None:
        with self._lock:
            self._flush()

    def close(self) -> None:
        for watcher in self._watchers:
            watcher.close()

    @contextmanager
    def log(self, step: str) -> Iterator[Callable[[str], None]]:
        """A function that appends lines to the step's log, STATE/runs/RUN/STEP.log.

        Raises:
            FailedError: the log can't be written.
        """
        path = self._folder / f"{step}.log"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "a", encoding="utf-8", buffering=1) as file:

                def say(text: str) -> None:
                    file.write(self._redactor.text(plain_text(text)) + "\n")

                yield say
        except OSError as error:
            raise state_error(path, error) from error

    def _flush(self) -> None:
        events, self._kept = self._kept, []
        self._flushed_at = time.monotonic()
        if self._journal is not None:
            self._journal.add_events(events)
