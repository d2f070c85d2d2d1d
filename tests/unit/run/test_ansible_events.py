from __future__ import annotations

from typing import Any

import pytest

from groundplane.run.ansible_events import HIDDEN, LONGEST_REASON, LOST, PlaybookStory, reason_of
from groundplane.run.events import EventKind, WorkState


class Told:
    """Collects what a story tells."""

    def __init__(self, *hosts: str) -> None:
        self.events: list[tuple[EventKind, str | None, str | None, dict[str, Any]]] = []
        self.lines: list[str] = []
        self.story = PlaybookStory(hosts, lambda *event: self.events.append(event), self.lines.append)

    def see(self, event: str, stdout: str = "", **data: Any) -> None:
        self.story.see({"event": event, "stdout": stdout, "event_data": data})

    def end(self, code: int = 0, *, cancelled: bool = False, timed_out: bool = False) -> None:
        self.story.finish(exit_code=code, cancelled=cancelled, timed_out=timed_out, minutes=5)

    def states(self) -> dict[str, WorkState]:
        return {host: outcome.state for host, outcome in self.story.hosts.items()}


def stats(*hosts: str, failures: tuple[str, ...] = (), dark: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "processed": dict.fromkeys(hosts, 1),
        "failures": dict.fromkeys(failures, 1),
        "dark": dict.fromkeys(dark, 1),
    }


def test_a_good_playbook() -> None:
    told = Told("a")
    told.see("playbook_on_play_start")
    told.see("playbook_on_task_start", "\r\nTASK [Write]", task="Write", name="Write")
    told.see("runner_on_start", host="a", task="Write")
    told.see("runner_on_ok", "changed: [a]", host="a", task="Write", res={"changed": True}, duration=0.25)
    told.see("runner_on_skipped", host="a", task="Skip", res={})
    told.see("playbook_on_stats", **stats("a"))
    told.end()
    outcome = told.story.hosts["a"]
    assert (outcome.state, outcome.ok, outcome.changed, outcome.skipped) == (WorkState.DONE, 1, 1, 1)
    assert told.events[0] == (EventKind.TASK_STARTED, None, "Write", {"number": 1})
    assert told.events[1] == (EventKind.TASK_RESULT, "a", "Write", {"status": "changed", "seconds": 0.25})
    assert told.lines == ["\r\nTASK [Write]", "changed: [a]"]


def test_a_failed_and_an_unreachable_host_dont_touch_the_third() -> None:
    told = Told("a", "b", "c")
    told.see("runner_on_failed", host="a", task="Start", res={"msg": "Unable to start service"})
    told.see("runner_on_unreachable", host="b", task="Start", res={"msg": "Failed to connect\nPermission denied"})
    told.see("runner_on_ok", host="c", task="Start", res={})
    told.see("playbook_on_stats", **stats("a", "b", "c", failures=("a",), dark=("b",)))
    told.end(4)
    assert told.states() == {"a": WorkState.FAILED, "b": WorkState.UNREACHABLE, "c": WorkState.DONE}
    assert told.story.hosts["a"].reason == "Unable to start service"
    assert told.story.hosts["a"].task == "Start"
    assert told.story.hosts["b"].reason == "Failed to connect Permission denied"


def test_ignored_and_rescued_failures_are_no_failures() -> None:
    told = Told("a", "b")
    told.see("runner_on_failed", host="a", task="Try", res={"msg": "no"}, ignore_errors=True)
    told.see("runner_on_failed", host="b", task="Try", res={"msg": "no"})
    told.see("runner_on_ok", host="b", task="Mend", res={})
    told.see("playbook_on_stats", **stats("a", "b"))
    told.end()
    assert told.states() == {"a": WorkState.DONE, "b": WorkState.DONE}
    assert told.story.hosts["b"].reason == ""


def test_a_syntax_error_fails_every_host_with_its_own_words() -> None:
    told = Told("a", "b")
    told.see("error", "[ERROR]: YAML parsing failed: did not find expected key")
    told.end(4)
    assert told.states() == dict.fromkeys("ab", WorkState.FAILED)
    assert told.story.hosts["b"].reason == "YAML parsing failed: did not find expected key"


def test_a_host_that_no_play_is_meant_for_did_not_succeed() -> None:
    told = Told("a", "b")
    told.see("runner_on_ok", host="a", task="T", res={})
    told.see("playbook_on_stats", **stats("a"))
    told.end()
    assert told.states() == {"a": WorkState.DONE, "b": WorkState.FAILED}
    assert "no play" in told.story.hosts["b"].reason


def test_any_errors_fatal_stops_the_others_too() -> None:
    told = Told("a", "b")
    told.see("playbook_on_play_start")
    told.see("runner_on_ok", host="a", task="T", res={})
    told.see("runner_on_failed", host="b", task="T", res={"msg": "no"})
    told.see("playbook_on_no_hosts_remaining")
    told.see("playbook_on_stats", **stats("a", "b", failures=("b",)))
    told.end(2)
    assert told.states() == dict.fromkeys("ab", WorkState.FAILED)
    assert told.story.hosts["a"].reason == "the playbook was stopped because another host failed"


def test_a_playbook_that_was_killed_is_no_success() -> None:
    told = Told("a")
    told.see("runner_on_ok", host="a", task="T", res={})
    told.end(137)
    assert told.states() == {"a": WorkState.FAILED}
    assert "137" in told.story.hosts["a"].reason


def test_cancelled_and_too_late() -> None:
    told = Told("a", "b")
    told.see("runner_on_failed", host="a", task="T", res={"msg": "no"})
    told.end(254, cancelled=True)
    assert told.states() == {"a": WorkState.FAILED, "b": WorkState.CANCELLED}
    late = Told("a")
    late.end(254, timed_out=True)
    assert "longer than its 5 minutes" in late.story.hosts["a"].reason


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({"msg": "No package matching 'x'"}, "No package matching 'x'"),
        ({"msg": "non-zero return code", "stderr": "one\nlast words\n"}, "non-zero return code: last words"),
        ({"msg": "MODULE FAILURE\nSee stdout/stderr", "module_stderr": "Trace\nKeyError: 'x'"}, None),
        ({"censored": "hidden"}, HIDDEN),
        ({"results": [{"failed": False}, {"failed": True, "msg": "no", "item": "b"}]}, "no (item b)"),
        ({"msg": "Task failed: Mitogen was disconnected from the remote environment while a call was in"}, LOST),
        ({"msg": "Task failed: Finalization of task args failed"}, "Finalization of task args failed"),
        ({"msg": "many\nlines   of\ntext"}, "many lines of text"),
        ({}, "failed without a message"),
    ],
)
def test_the_reason_is_one_line_of_the_modules_own_words(result: dict[str, Any], reason: str | None) -> None:
    found = reason_of(result)
    assert "\n" not in found
    if reason is None:
        assert found.endswith("KeyError: 'x'")
    else:
        assert found == reason


def test_a_long_reason_is_cut() -> None:
    assert len(reason_of({"msg": "x" * 5000})) == LONGEST_REASON
