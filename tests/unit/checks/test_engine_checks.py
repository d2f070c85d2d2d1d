"""Checks that the engine makes itself: what a host is told, and how a check ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.checks.engine_checks import ENGINE_CHECKS, find_check, run_check
from groundplane.errors import CancelledError, FailedError
from groundplane.machine.cancel import CancelToken
from groundplane.run.events import EventKind, WorkState
from groundplane.run.redaction import Redactor

from ..site.conftest import SiteFolder, site_folder  # noqa: TID252

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundplane.checks.engine_checks import CheckCall
    from groundplane.run.outcome import PlaybookOutcome

__all__ = ["site_folder"]


class Runner:
    def __init__(self, folder: SiteFolder) -> None:
        self.site = folder.load()
        self.cancel = CancelToken()
        self.redactor = Redactor([])
        self.events: list[tuple[EventKind, str | None, str | None, dict[str, Any]]] = []
        self.lines: list[str] = []

    def run(self, work: Callable[[CheckCall], None], *, minutes: float = 1) -> PlaybookOutcome:
        return run_check(
            work,
            self.site,
            ("node1", "node2"),
            steps=(),
            connection=cast("Any", None),
            memory=self.site.path,
            holder="me@here",
            minutes=minutes,
            redactor=self.redactor,
            tell=lambda kind, host, task, data: self.events.append((kind, host, task, data)),
            say=self.lines.append,
            cancel=self.cancel,
        )


@pytest.fixture
def runner(site_folder: SiteFolder) -> Runner:
    return Runner(site_folder)


def test_every_check_has_its_function() -> None:
    for checks in ENGINE_CHECKS.values():
        for check in checks:
            assert callable(find_check(check))


def test_what_is_wrong_is_told_at_its_host_and_the_rest_at_the_first(runner: Runner) -> None:
    def work(call: CheckCall) -> None:
        with call.task("Containers") as task:
            task.wrong("node2", "keystone is unhealthy")
            task.wrong(None, "nobody leads")
            task.note("40 containers")
        with call.task("Endpoints") as task:
            task.note("all answer")

    outcome = runner.run(work)
    first, second = outcome.hosts["node1"], outcome.hosts["node2"]
    assert (first.state, first.task, first.reason) == (WorkState.FAILED, "Containers", "nobody leads")
    assert (second.state, second.reason, second.ok, second.failed) == (
        WorkState.FAILED,
        "keystone is unhealthy",
        1,
        1,
    )
    told = [(host, task, data["status"]) for kind, host, task, data in runner.events if kind is EventKind.TASK_RESULT]
    assert told == [
        ("node1", "Containers", "failed"),
        ("node2", "Containers", "failed"),
        ("node1", "Endpoints", "ok"),
        ("node2", "Endpoints", "ok"),
    ]
    assert "  node2: keystone is unhealthy" in runner.lines
    assert outcome.tasks == 2


def test_many_problems_are_counted_in_a_line_and_told_in_the_log(runner: Runner) -> None:
    def work(call: CheckCall) -> None:
        with call.task("Containers") as task:
            for number in range(9):
                task.wrong("node1", f"problem {number}")

    reason = runner.run(work).hosts["node1"].reason
    assert reason.endswith("problem 4; and 4 more, in the run's log")
    assert "  node1: problem 8" in runner.lines


def test_an_error_ends_the_check_with_what_to_do(runner: Runner) -> None:
    def work(call: CheckCall) -> None:
        with call.task("Log in"):
            raise FailedError("The login failed", why="a wrong password: hunter22", cure="Look at secrets.yml")

    runner.redactor.add(["hunter22"])
    outcome = runner.run(work)
    assert outcome.hosts["node1"].reason == "The login failed. a wrong password: ********. Look at secrets.yml"
    assert outcome.hosts["node2"].state is WorkState.DONE
    assert runner.events[-1][3]["status"] == "ok"


def test_a_cancelled_check_says_so(runner: Runner) -> None:
    def work(call: CheckCall) -> None:
        with call.task("Wait"):
            runner.cancel.cancel("Ctrl-C")
            assert call.stopped()
            assert not call.insisted()
            raise CancelledError("stopped")

    outcome = runner.run(work)
    assert outcome.cancelled
    assert {host.state for host in outcome.hosts.values()} == {WorkState.CANCELLED}
    assert not [event for event in runner.events if event[0] is EventKind.TASK_RESULT]


def test_a_check_that_takes_too_long_fails(runner: Runner) -> None:
    def work(call: CheckCall) -> None:
        assert call.stopped()
        raise CancelledError("stopped")

    outcome = runner.run(work, minutes=0)
    assert outcome.timed_out
    assert outcome.hosts["node1"].reason == "it took longer than 0 minutes"


def test_what_goes_on_is_told_when_it_changes(runner: Runner) -> None:
    def work(call: CheckCall) -> None:
        for text in ("one", "one", "two"):
            call.now(text)

    runner.run(work)
    assert [data["text"] for kind, _, _, data in runner.events if kind is EventKind.NOTE] == ["one", "two"]


def test_a_hosts_reason_is_plain_text(runner: Runner) -> None:
    def work(call: CheckCall) -> None:
        with call.task("Log in") as task:
            task.wrong("node1", "\x1b[?7hno \x1b[1mway\x07")
        raise FailedError("It failed", why="\x1b[31mred\x1b[0m")

    outcome = runner.run(work)
    assert outcome.hosts["node1"].reason == "no way; It failed. red"
