"""What a person sees in a pipe, and what a program reads."""

from __future__ import annotations

import json
from typing import Any

from groundplane.supply.build.events import BuildEvent, BuildEventKind
from groundplane.supply.build.watchers import JsonBuildWatcher, PlainBuildWatcher

STORED = {"seconds": 32.1, "bytes": 1_230_000_000, "stored_bytes": 1, "packages": 500, "digest": "sha256:1"}
STARTED = {"images": ["nova", "cron"], "up_to_date": 3, "expected": {"nova": 40.0}, "parallel": 2}


def event(kind: BuildEventKind, image: str | None = None, **data: Any) -> BuildEvent:
    return BuildEvent(kind, image, data)


EVENTS = [
    event(BuildEventKind.BUILD_STARTED, None, **STARTED),
    event(BuildEventKind.PREPARING, None, name="Python wheels"),
    event(BuildEventKind.IMAGE_STARTED, "nova", log="/log", why="never built"),
    event(BuildEventKind.IMAGE_STEP, "nova", step=3, steps=9, text="RUN apt-get install nova"),
    event(BuildEventKind.PREPARED, None, name="Python wheels", seconds=12.0),
    event(BuildEventKind.IMAGE_BUILT, "nova", seconds=32.1),
    event(BuildEventKind.IMAGE_STORED, "nova", **STORED),
    event(BuildEventKind.IMAGE_FAILED, "cron", reason="cron failed at step 2", lines=["boom"], log="/log"),
    event(BuildEventKind.IMAGE_HELD_BACK, "cron-child", reason="cron was not built"),
    event(BuildEventKind.NOTE, None, text="The disk may fill up"),
    event(
        BuildEventKind.BUILD_FINISHED, None, state="failed", seconds=95.0, built=1, up_to_date=3, failed=1, held_back=1
    ),
]


def test_a_pipe_gets_a_line_for_each_start_and_end() -> None:
    lines: list[str] = []
    watcher = PlainBuildWatcher(lines.append)
    for each in EVENTS:
        watcher.see(each)
    watcher.close()
    assert [line.partition(" ")[2] for line in lines] == [
        "building 2 images, 3 up to date",
        "Python wheels are being made",
        "nova started (never built)",
        "Python wheels are there after 12s",
        "nova built in 32s, 1.2 GB, 500 packages",
        "cron failed: cron failed at step 2",
        "cron-child held back: cron was not built",
        "The disk may fill up",
        "failed in 1m35s: 1 built, 3 up to date, 1 failed, 1 held back",
    ]


def test_a_program_gets_an_object_a_line() -> None:
    lines: list[str] = []
    watcher = JsonBuildWatcher(lines.append)
    for each in EVENTS:
        watcher.see(each)
    found = [json.loads(line) for line in lines]
    assert [each["kind"] for each in found] == [each.kind.value for each in EVENTS]
    assert found[2] | {"at": ""} == {
        "kind": "image_started",
        "at": "",
        "image": "nova",
        "log": "/log",
        "why": "never built",
    }
    assert found[6]["digest"] == "sha256:1"
