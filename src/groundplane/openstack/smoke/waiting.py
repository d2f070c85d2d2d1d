"""Waiting for a cloud: asks again until what was asked for has come about."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from groundplane.errors import CancelledError, FailedError

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")
SHORTEST, LONGEST = 0.5, 3.0
"""Seconds between two questions; the longer it takes, the longer."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Waits as long as `stopped` doesn't say otherwise; asked several times a second."""

    stopped: Callable[[], bool]
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def until(self, what: str, ask: Callable[[], Answer | None], *, seconds: float, cure: str = "") -> Answer:
        """The first answer of `ask` that isn't None.

        Raises:
            FailedError: `what` didn't happen in time. What `ask` raises goes through.
            CancelledError: stopped.
        """
        began = self.clock()
        while True:
            self.check()
            answer = ask()
            if answer is not None:
                return answer
            spent = self.clock() - began
            if spent > seconds:
                raise FailedError(f"{what} within {seconds:.0f} seconds: no", cure=cure)
            self.pause(min(LONGEST, SHORTEST + spent / 20))

    def pause(self, seconds: float) -> None:
        """Raises CancelledError: stopped meanwhile."""
        end = self.clock() + seconds
        while (left := end - self.clock()) > 0:
            self.check()
            self.sleep(min(left, 0.25))

    def check(self) -> None:
        """Raises CancelledError: stopped."""
        if self.stopped():
            raise CancelledError("The smoke test was stopped")
