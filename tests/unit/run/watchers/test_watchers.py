from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
from rich.console import Console

from groundplane.counting import duration
from groundplane.run.events import EventKind, RunEvent, WorkState
from groundplane.run.watchers.json_lines import JsonLinesWatcher
from groundplane.run.watchers.plain import PlainWatcher
from groundplane.terminal.run import RichTreeWatcher
from tests.unit.run.builders import NOW

FAILED = {"state": "failed", "task": "Start it", "reason": "no room", "ok": 1, "changed": 0}
STORY = [
    RunEvent(EventKind.RUN_STARTED, NOW, "r1", data={"steps": {"l.one": ["a", "b"], "l.two": ["a", "b"]}}),
    RunEvent(EventKind.STEP_STARTED, NOW, "r1", "l.one", data={"hosts": ["a", "b"]}),
    RunEvent(EventKind.TASK_STARTED, NOW, "r1", "l.one", task="Start it", data={"number": 1}),
    RunEvent(EventKind.TASK_RESULT, NOW, "r1", "l.one", "a", "Start it", {"status": "ok", "seconds": 1.0}),
    RunEvent(EventKind.HOST_FINISHED, NOW, "r1", "l.one", "a", data={"state": "done", "changed": 3}),
    RunEvent(EventKind.HOST_FINISHED, NOW, "r1", "l.one", "b", data=FAILED),
    RunEvent(EventKind.STEP_FINISHED, NOW, "r1", "l.one", data={"state": "failed", "seconds": 61.0, "changed": 3}),
    RunEvent(EventKind.RUN_FINISHED, NOW + timedelta(seconds=61), "r1", data={"state": "failed", "seconds": 61.0}),
]


def test_plain_lines_say_what_began_failed_and_ended() -> None:
    lines: list[str] = []
    watcher = PlainWatcher(lines.append)
    for event in STORY:
        watcher.see(event)
    watcher.close()
    assert [line.split(" ", 1)[1] for line in lines] == [
        "run r1 started: 2 steps",
        "l.one started on 2 hosts",
        "l.one b failed at 'Start it': no room",
        "l.one failed in 1m01s, 3 changed",
        "run r1 failed in 1m01s",
    ]


def test_held_back_hosts_take_one_line_however_many_they_are() -> None:
    lines: list[str] = []
    watcher = PlainWatcher(lines.append)
    held = [
        RunEvent(
            EventKind.HOST_FINISHED,
            NOW,
            "r1",
            step,
            host,
            data={"state": "held_back", "reason": f"l.one failed on {host}"},
        )
        for step, hosts in (("l.two", "abc"), ("l.three", "b"))
        for host in hosts
    ]
    ended = RunEvent(EventKind.STEP_FINISHED, NOW, "r1", "l.two", data={"state": "held_back"})
    for event in (*held, ended, RunEvent(EventKind.STEP_STARTED, NOW, "r1", "l.three", data={"hosts": ["a", "c"]})):
        watcher.see(event)
    assert [line.split(" ", 1)[1] for line in lines] == [
        "l.two held back on 3 hosts: l.one failed on a (and 2 more)",
        "l.three held back on b: l.one failed on b",
        "l.three started on 2 hosts",
    ]


def test_json_is_one_object_a_line() -> None:
    lines: list[str] = []
    watcher = JsonLinesWatcher(lines.append)
    for event in STORY:
        watcher.see(event)
    found = [json.loads(line) for line in lines]
    assert [entry["kind"] for entry in found] == [event.kind.value for event in STORY]
    assert found[5]["data"]["reason"] == "no room"
    assert "host" not in found[0]


def shown(watcher: RichTreeWatcher, width: int = 100) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    with console.capture() as capture:
        console.print(watcher.render())
    return capture.get()


def test_the_tree_shows_layers_steps_hosts_tasks_and_expected_times() -> None:
    watcher = RichTreeWatcher(Console(file=io.StringIO()), expected={"l.one": 30.0, "l.two": 5.0})
    for event in STORY[:4]:
        watcher.see(event)
    text = shown(watcher)
    assert "Start it" in text
    assert "1 of 2 hosts" in text
    assert "of ~30s" in text
    assert "~5.0s" in text
    for event in STORY[4:]:
        watcher.see(event)
    watcher.close()
    text = shown(watcher)
    assert "✘ one" in text
    assert "b failed at 'Start it': no room" in text
    assert "· two" in text


def test_a_narrow_terminal_cuts_instead_of_breaking() -> None:
    watcher = RichTreeWatcher(Console(file=io.StringIO()))
    for event in STORY:
        watcher.see(event)
    watcher.close()
    lines = shown(watcher, 24).splitlines()
    assert all(len(line) <= 24 for line in lines)
    assert len(lines) == 5


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.42, "0.4s"), (9.96, "10.0s"), (12.4, "12s"), (61, "1m01s"), (3725, "1h02m")]
)
def test_durations_are_said_as_people_do(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_every_state_has_a_mark() -> None:
    from groundplane.terminal.run import MARKS  # noqa: PLC0415

    assert set(MARKS) | {WorkState.RUNNING} == set(WorkState)
