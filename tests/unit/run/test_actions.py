"""Actions of the engine's own: told, logged and ended as playbooks are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.errors import CancelledError, FailedError
from groundplane.layers import actions as layers_actions
from groundplane.layers.actions import ACTIONS, ActionCall, ActionPlaces, find_action
from groundplane.machine.cancel import CancelToken
from groundplane.run import actions
from groundplane.run.events import EventKind, WorkState
from groundplane.run.redaction import Redactor
from tests.unit.run.builders import step

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from groundplane.run.outcome import PlaybookOutcome
    from groundplane.site.site import Site

STEP = replace(step("supply.images"), playbook=None, action="pretend", timeout_minutes=1)


class Acting:
    """Carries out an action that a test writes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.cancel = CancelToken()
        self.events: list[tuple[EventKind, str | None, str | None, dict[str, Any]]] = []
        self.lines: list[str] = []
        self.folder = folder
        self.work: Callable[[ActionCall], None] = lambda _call: None
        monkeypatch.setattr(actions, "find_action", lambda _name: self)

    def carry_out(self, call: ActionCall) -> None:
        self.work(call)

    def run(self, *, check: bool = False) -> PlaybookOutcome:
        return actions.run_action(
            cast("Site", None),
            STEP,
            ["a", "b"],
            places=ActionPlaces(self.folder, self.folder),
            redactor=Redactor(["the-password"]),
            tell=lambda *event: self.events.append(event),
            say=self.lines.append,
            cancel=self.cancel,
            check=check,
        )


@pytest.fixture
def acting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Acting:
    return Acting(monkeypatch, tmp_path)


def test_pieces_of_work_are_told_and_counted_as_tasks(acting: Acting) -> None:
    def work(call: ActionCall) -> None:
        for name, status in (("Push base", "changed"), ("Push nova", "ok")):
            call.begin(name)
            call.report(name, status=status, seconds=1.5)

    acting.work = work
    outcome = acting.run()
    assert outcome.tasks == 2
    assert {host: (end.state, end.ok, end.changed) for host, end in outcome.hosts.items()} == {
        "a": (WorkState.DONE, 2, 1),
        "b": (WorkState.DONE, 2, 1),
    }
    started = [task for kind, _, task, _ in acting.events if kind is EventKind.TASK_STARTED]
    assert started == ["Push base", "Push nova"]
    assert "Push base: changed" in acting.lines


def test_a_failure_is_the_hosts_with_the_reason_and_the_cure(acting: Acting) -> None:
    def work(_call: ActionCall) -> None:
        raise FailedError("Pushing nova failed", why="x\nthe-password refused", cure="Call again.")

    acting.work = work
    outcome = acting.run()
    assert outcome.exit_code == 1
    assert outcome.hosts["b"].state is WorkState.FAILED
    assert outcome.hosts["b"].reason == "Pushing nova failed. ******** refused. Call again"


def test_cancelling_is_no_failure(acting: Acting) -> None:
    def work(call: ActionCall) -> None:
        acting.cancel.cancel("Ctrl-C")
        assert call.stopped()
        raise CancelledError("stopped")

    acting.work = work
    outcome = acting.run()
    assert outcome.cancelled
    assert outcome.hosts["a"].state is WorkState.CANCELLED


def test_time_that_is_up_is_a_failure(acting: Acting, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("groundplane.run.actions.time.monotonic", lambda: clock[0])

    def work(call: ActionCall) -> None:
        clock[0] = 61.0
        assert call.stopped()
        raise CancelledError("stopped")

    acting.work = work
    outcome = acting.run()
    assert outcome.timed_out
    assert outcome.hosts["a"].state is WorkState.FAILED
    assert "its 1 minute (" in outcome.hosts["a"].reason


def test_every_action_that_layers_may_name_is_there() -> None:
    for name in ACTIONS:
        found = find_action(name)
        assert callable(found.state)
        assert callable(found.carry_out)
    assert layers_actions.ACTIONS is ACTIONS
