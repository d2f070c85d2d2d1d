"""How a run is asked to stop: once for an orderly end, by a signal from the terminal or from `groundplane cancel`."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from groundplane.errors import FailedError, InputError
from groundplane.run.lock import lock_holder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import FrameType


_WHY: dict[int, str] = {signal.SIGINT: "Ctrl-C", signal.SIGHUP: "the terminal went away"}


class CancelToken:
    """Set once; everybody who works looks at it. `why` is for the journal, `requests` how often it was asked for."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._why = ""
        self.requests = 0

    def cancel(self, why: str) -> None:
        self.requests += 1
        if not self._event.is_set():
            self._why = why
            self._event.set()

    def __bool__(self) -> bool:
        return self._event.is_set()

    @property
    def why(self) -> str:
        return self._why


@contextmanager
def cancel_on_signals(token: CancelToken) -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal set the token. Only in the main thread.

    A second Ctrl-C has nothing to add, as running steps are ended at once already; but for what runs in any case
    (see `groundplane.run.stages`).
    """

    def stop(number: int, _frame: FrameType | None) -> None:
        token.cancel(_WHY.get(number, "asked to stop"))

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def cancel_run(state: Path, run: str, *, holder: str) -> None:
    """Asks the engine that works on this site to stop `run`.

    Args:
        holder: USER@HOST of the caller: a process of another machine can't be reached.

    Raises:
        InputError: that run is not under way, or not on this machine.
        FailedError: the process isn't ours.
    """
    working = lock_holder(state)
    if working is None or working.run != run:
        raise InputError(
            f"Run {run} is not under way",
            why=f"run {working.run} is" if working is not None else "nothing works on this site",
            cure="groundplane runs lists runs with their state.",
        )
    here = holder.rpartition("@")[2]
    there = working.holder.rpartition("@")[2]
    if here != there:
        raise InputError(
            f"Run {run} is under way on {there}, not on this machine", cure=f"Call groundplane cancel {run} there."
        )
    try:
        os.kill(working.pid, signal.SIGTERM)
    except ProcessLookupError as error:
        raise InputError(f"Run {run} has just ended", cure=f"groundplane runs show {run}") from error
    except PermissionError as error:
        raise FailedError(
            f"Run {run} belongs to {working.holder}", cure=f"Call this as that user: groundplane cancel {run}"
        ) from error
