"""A session that outlives what it goes through: the monitor's container may be the very daemon that is upgraded."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

try:
    from ansible.module_utils.ceph_session import TRANSIENT, CephError, Session
except ImportError:
    from ceph_session import TRANSIENT, CephError, Session

if TYPE_CHECKING:
    from collections.abc import Callable

PAUSE_SECONDS = 2.0
PATIENCE_SECONDS = 240.0
"""Without any answer: while managers are upgraded the orchestrator goes away for a while."""
REFUSALS = {-22, -1, -2, -13, -17}
"""EINVAL, EPERM, ENOENT, EACCES, EEXIST: asking again doesn't change them."""


class LastingSession:
    """Asks as a Session does; made anew where the connection broke. To be used in a `with`, or closed.

    Args:
        open_session: makes a session that isn't entered yet.
    """

    def __init__(
        self,
        open_session: Callable[[], Session],
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._open = open_session
        self._now = now
        self._sleep = sleep
        self._session: Session | None = None

    def __enter__(self) -> LastingSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """May be called twice, and asked again afterwards."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def call(self, prefix: str, *, patience: float = PATIENCE_SECONDS, **arguments: object) -> object:
        """The answer as data; asked again for `patience` seconds where there was none.

        Raises:
            CephError: a refusal, or no answer for so long.
        """
        return self._patiently(lambda session: session.call(prefix, **arguments), patience)

    def text(self, prefix: str, *, patience: float = PATIENCE_SECONDS, **arguments: object) -> str:
        """The answer as text; otherwise as `call`."""
        return str(self._patiently(lambda session: session.text(prefix, **arguments), patience))

    def _patiently(self, ask: Callable[[Session], object], patience: float) -> object:
        started = self._now()
        while True:
            try:
                if self._session is None:
                    self._session = self._open().__enter__()
                return ask(self._session)
            except CephError as error:
                if error.code == 0:
                    self.close()
                refused = error.code in REFUSALS and not TRANSIENT.search(str(error))
                if refused or self._now() - started >= patience:
                    raise
            self._sleep(PAUSE_SECONDS)
