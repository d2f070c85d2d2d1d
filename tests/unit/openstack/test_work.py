"""Work over the API ends as a playbook would."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.errors import CancelledError, FailedError
from groundplane.machine.cancel import CancelToken
from groundplane.openstack.work import api_stage
from groundplane.run.events import WorkState
from groundplane.run.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundplane.openstack.work import Work
    from groundplane.run.outcome import PlaybookOutcome


def run(work: Callable[[Work], None], cancel: CancelToken | None = None, minutes: float = 1) -> PlaybookOutcome:
    stage = api_stage("openstack.test", "A test", ("node4", "node5"), work, minutes=minutes)
    assert stage.act is not None
    return stage.act(
        tell=lambda *_event: None,
        say=lambda _line: None,
        redactor=Redactor({"pa55word"}),
        cancel=cancel or CancelToken(),
    )


def test_each_host_has_the_same_end() -> None:
    def work(told: Work) -> None:
        with told.piece("One") as piece:
            piece.changed = True
        with told.piece("Two"):
            pass

    found = run(work)
    assert (found.tasks, found.exit_code) == (2, 0)
    assert [(one.state, one.ok, one.changed) for one in found.hosts.values()] == [(WorkState.DONE, 2, 1)] * 2


def test_a_piece_that_fails_is_named_and_secrets_are_not() -> None:
    def work(told: Work) -> None:
        with told.piece("One"):
            raise FailedError("It broke", why="pa55word is wrong")

    found = run(work)
    ended = found.hosts["node4"]
    assert (ended.state, ended.task, ended.failed) == (WorkState.FAILED, "One", 1)
    assert ended.reason == "It broke. ******** is wrong"


def test_pieces_side_by_side_that_fail_fail_the_work() -> None:
    def work(told: Work) -> None:
        told.begin("One")
        told.end("One", failed="no room")
        told.begin("Two")
        told.end("Two", changed=True)

    found = run(work)
    assert found.hosts["node4"].reason == "One: no room"
    assert found.hosts["node4"].changed == 1


def test_stopped_by_a_person_and_by_the_clock() -> None:
    cancel = CancelToken()
    cancel.cancel("Ctrl-C")
    found = run(lambda told: told.pause(60), cancel)
    assert (found.cancelled, found.hosts["node4"].state) == (True, WorkState.CANCELLED)
    found = run(lambda told: told.pause(60), minutes=0)
    assert (found.timed_out, found.hosts["node4"].reason) == (True, "it took longer than its 0 minutes")


def test_what_has_to_be_seen_to_its_end_is_stopped_by_asking_twice() -> None:
    cancel = CancelToken()
    cancel.cancel("Ctrl-C")

    def work(told: Work) -> None:
        told.pause(0.01, insisted=True)
        cancel.cancel("Ctrl-C")
        with pytest.raises(CancelledError):
            told.pause(60, insisted=True)
        raise CancelledError("done")

    assert run(work, cancel).cancelled
