"""Work of a stage that is done over the cloud's API: told, counted and stopped as a playbook would be."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from groundplane.counting import counted
from groundplane.errors import CancelledError, FailedError, GroundplaneError
from groundplane.run.actions import Story, carry_out, one_line
from groundplane.run.events import EventKind
from groundplane.run.stages import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from groundplane.machine.cancel import CancelToken
    from groundplane.run.ansible_events import Tell
    from groundplane.run.outcome import PlaybookOutcome
    from groundplane.run.redaction import Redactor
    from groundplane.run.stages import Act

POLL_SECONDS = 0.25


@dataclass(slots=True)
class Piece:
    """A piece of work under way: whether it changed anything, and a remark."""

    name: str
    changed: bool = False
    note: str = ""


@dataclass(slots=True)
class Work:
    """What the work of a stage gets.

    Attributes:
        check: say what would be done, change nothing.
        stopped: True means that the run was cancelled or that time is up; `insisted` that a person asked twice.
        failures: pieces that failed while others went on; the stage has failed then.
    """

    check: bool
    say: Callable[[str], None]
    stopped: Callable[[], bool]
    insisted: Callable[[], bool]
    now: Callable[[str], None]
    story: Story
    failures: list[str] = field(default_factory=list)

    @contextmanager
    def piece(self, name: str) -> Iterator[Piece]:
        """One piece of work. An error that comes out of it is told as its end, and goes on its way."""
        self.begin(name)
        piece = Piece(name)
        started = time.monotonic()
        try:
            yield piece
        except GroundplaneError as error:
            self.story.report(name, status="failed", seconds=time.monotonic() - started, reason=one_line(error))
            raise
        status = "changed" if piece.changed else "ok"
        self.story.report(name, status=status, seconds=time.monotonic() - started, reason=piece.note)

    def begin(self, name: str) -> None:
        """A piece that is ended by `end`; pieces may run side by side."""
        self.story.begin(name)

    def end(self, name: str, *, changed: bool = False, seconds: float = 0.0, note: str = "", failed: str = "") -> None:
        """Tells the end of a piece; where it `failed`, the stage has failed once the others have ended."""
        if failed:
            self.failures.append(f"{name}: {failed}")
        status = "failed" if failed else "changed" if changed else "ok"
        self.story.report(name, status=status, seconds=seconds, reason=failed or note)

    def pause(self, seconds: float, *, insisted: bool = False) -> None:
        """Waits; with `insisted` only a person who asks twice ends it.

        Raises:
            CancelledError: stopped meanwhile.
        """
        stopped = self.insisted if insisted else self.stopped
        end = time.monotonic() + seconds
        while True:
            if stopped():
                raise CancelledError("The work was stopped")
            left = end - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, POLL_SECONDS))


def api_stage(
    id_: str,
    description: str,
    hosts: Sequence[str],
    work: Callable[[Work], None],
    *,
    minutes: float,
    check: bool = False,
) -> Stage:
    """A stage that does `work` in the engine itself, with the same end for each host that is shown."""
    shown = tuple(hosts)
    act = _act(shown, work, minutes=minutes, check=check)
    return Stage(id_, description, None, shown, act=act, timeout_minutes=minutes)


def _act(hosts: Sequence[str], work: Callable[[Work], None], *, minutes: float, check: bool) -> Act:

    def act(*, tell: Tell, say: Callable[[str], None], redactor: Redactor, cancel: CancelToken) -> PlaybookOutcome:
        started = time.monotonic()
        deadline = started + minutes * 60
        story = Story(hosts, tell, say)
        given = Work(
            check=check,
            say=say,
            stopped=lambda: bool(cancel) or time.monotonic() > deadline,
            insisted=lambda: cancel.requests > 1 or time.monotonic() > deadline,
            now=lambda text: tell(EventKind.NOTE, None, None, {"text": text}),
            story=story,
        )

        def whole() -> None:
            work(given)
            if given.failures:
                raise FailedError("; ".join(given.failures))

        return carry_out(
            whole,
            story,
            started=started,
            deadline=deadline,
            late=f"it took longer than its {counted(round(minutes), 'minute')}",
            redactor=redactor,
            cancel=cancel,
        )

    return act
