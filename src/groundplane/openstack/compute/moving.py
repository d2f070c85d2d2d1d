"""Moves servers off a host, some at a time, and follows each until it is elsewhere or has failed.

What Nova does in each case (its documentation, "Migrate instances", "Live-migrate instances", "Evacuate instances"):
running and paused servers are live-migrated; stopped ones are migrated and have to be confirmed; those of a host that
is gone are evacuated, and have to be started again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from groundplane.counting import counted
from groundplane.errors import CancelledError, GroundplaneError
from groundplane.run.actions import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from groundplane.openstack.compute.nova import Server
    from groundplane.openstack.work import Work

POLL_SECONDS = 2.0
TELL_SECONDS = 15.0
MOST_SILENT = 30
ACTIVE, SHUTOFF, PAUSED, ERROR, VERIFY = "ACTIVE", "SHUTOFF", "PAUSED", "ERROR", "VERIFY_RESIZE"
AT_REST = frozenset({ACTIVE, SHUTOFF, PAUSED, "SUSPENDED"})


class Way(StrEnum):
    """How a server leaves a host."""

    LIVE = "live-migrated"
    COLD = "migrated"
    CONFIRM = "confirmed on its new host"
    EVACUATE = "evacuated"
    FOLLOW = "seen to its new host"
    """An evacuation that somebody began before."""


@dataclass(frozen=True, slots=True)
class Move:
    """A server, and how it leaves."""

    server: Server
    way: Way

    @property
    def task(self) -> str:
        return f"{self.server.label} is {self.way.value}"


class Migrating(Protocol):
    """What is asked of Nova here; see `groundplane.openstack.compute.nova.Nova`."""

    def server(self, id_: str) -> Server | None: ...
    def live_migrate(self, server: Server) -> None: ...
    def migrate(self, server: Server) -> None: ...
    def confirm(self, server: Server) -> None: ...
    def evacuate(self, server: Server) -> None: ...
    def start(self, server: Server) -> None: ...
    def why(self, server: Server) -> str: ...


@dataclass(slots=True)
class _Going:
    move: Move
    since: float
    asked: set[str] = field(default_factory=set)
    """What was asked of Nova on the way besides: confirmed, started."""
    silent: int = 0
    """How often Nova didn't answer, one time after the other."""


class Mover:
    """Carries out moves off one host."""

    def __init__(
        self,
        nova: Migrating,
        host: str,
        work: Work,
        *,
        parallel: int,
        clock: Callable[[], float] = time.monotonic,
        poll: float = POLL_SECONDS,
    ) -> None:
        self._nova = nova
        self._host = host
        self._work = work
        self._parallel = parallel
        self._clock = clock
        self._poll = poll
        self._going: list[_Going] = []
        self._done = 0
        self._told = -TELL_SECONDS

    def run(self, moves: Sequence[Move]) -> None:
        """Until none is under way any more. What fails is told as a failed piece of the work, and the others go on.

        Where the run is stopped, no more are begun and those that are under way are seen to their end, unless a person
        asks twice.

        Raises:
            CancelledError: stopped.
            FailedError: Nova can't be asked.
        """
        waiting = list(moves)
        stopped = False
        while self._going or (waiting and not stopped):
            stopped = stopped or self._work.stopped()
            while waiting and not stopped and len(self._going) < self._parallel:
                self._begin(waiting.pop(0))
            self._tell(len(moves))
            if self._going:
                self._work.pause(self._poll, insisted=True)
            for going in list(self._going):
                self._follow(going)
        if stopped:
            left = f", {len(waiting)} not begun" if waiting else ""
            raise CancelledError(f"Stopped: {self._done} of {counted(len(moves), 'server')} moved{left}")

    def _begin(self, move: Move) -> None:
        self._work.begin(move.task)
        if self._work.check:
            self._work.end(move.task, changed=True, note="only looked at")
            return
        going = _Going(move, self._clock())
        ask = {
            Way.LIVE: self._nova.live_migrate,
            Way.COLD: self._nova.migrate,
            Way.CONFIRM: self._nova.confirm,
            Way.EVACUATE: self._nova.evacuate,
        }.get(move.way)
        try:
            if ask is not None:
                ask(move.server)
        except GroundplaneError as error:
            self._work.end(move.task, failed=one_line(error))
            return
        self._going.append(going)

    def _follow(self, going: _Going) -> None:
        move = going.move
        try:
            now = self._nova.server(move.server.id)
            failed = self._advance(going, now) if now is not None else ""
            going.silent = 0
        except GroundplaneError as error:
            # A controller that goes or restarts meanwhile is no reason to lose sight of what is under way.
            going.silent += 1
            now, failed = None, one_line(error) if going.silent > MOST_SILENT else None
        if failed is None:
            return
        self._going.remove(going)
        seconds = self._clock() - going.since
        if failed:
            self._work.end(move.task, seconds=seconds, failed=failed)
            return
        self._done += 1
        where = f"to {now.host}" if now is not None else "it was deleted meanwhile"
        self._work.end(move.task, changed=True, seconds=seconds, note=where)

    def _advance(self, going: _Going, now: Server) -> str | None:
        """None while it is under way, empty when it has come about, else why it failed."""
        move = going.move
        if now.task:
            return None
        if now.status == VERIFY:
            # A resize of its owner's can't be meanwhile: Nova takes one thing at a time.
            if move.way is not Way.CONFIRM and self._once(going, "confirmed"):
                self._nova.confirm(now)
            return None
        if now.status == ERROR or (now.host == self._host and move.way is not Way.CONFIRM):
            return self._why(now)
        if move.way in (Way.EVACUATE, Way.FOLLOW) and move.server.ran and now.status == SHUTOFF:
            if not self._once(going, "started"):
                return self._why(now)
            self._nova.start(now)
            return None
        return "" if now.status in AT_REST else None

    def _why(self, now: Server) -> str:
        """Nova keeps no reason of what failed on a host itself, such as libvirt's; the host's logs have it."""
        logs = f"groundplane openstack logs nova_compute --host {self._host} --since 10m"
        return self._nova.why(now) or f"it is {now.status} on {now.host}, and Nova doesn't say why; {logs} does"

    @staticmethod
    def _once(going: _Going, what: str) -> bool:
        """Whether it wasn't asked before."""
        if what in going.asked:
            return False
        going.asked.add(what)
        return True

    def _tell(self, number: int) -> None:
        if self._going and self._clock() - self._told >= TELL_SECONDS:
            self._told = self._clock()
            names = ", ".join(f"{one.move.server.label} {self._clock() - one.since:.0f} s" for one in self._going)
            self._work.now(f"{self._done} of {number} moved; under way: {names}")
