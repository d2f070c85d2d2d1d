from __future__ import annotations

import json
from datetime import timedelta

from groundplane.run.events import EventKind, RunEvent
from groundplane.run.watchers.json_lines import JsonLinesWatcher
from groundplane.run.watchers.plain import PlainWatcher
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
