"""How work is asked to stop: once, for an orderly end, by whoever holds the token or by a signal from the terminal."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
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
