from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from groundplane.run.events import EventKind, RunEvent, RunState, WorkState
from groundplane.run.journal.models import RunHostRow, RunRow, RunStepRow
from groundplane.run.journal.store import Journal, open_journal
from groundplane.run.page import run_page
from groundplane.run.story import read_story, story_as_data
from tests.unit.run.builders import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def at(seconds: float) -> object:
    return NOW + timedelta(seconds=seconds)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """One run: one → (two, three) → four; three fails on b; four is held back there."""
    found = open_journal(tmp_path, "test")
    times = {"l.one": (0, 10), "l.two": (10, 15), "l.three": (10, 40), "l.four": (40, 42)}
    needs = {"l.one": [], "l.two": ["l.one"], "l.three": ["l.one"], "l.four": ["l.two", "l.three"]}
    ends = {("l.three", "b"): WorkState.FAILED, ("l.four", "b"): WorkState.HELD_BACK}
    found.begin_run(
        RunRow(
            id="r1",
            site="test",
            command="apply",
            holder="me@here",
            state=RunState.FAILED,
            started_at=NOW,
            finished_at=at(42),
        ),
        [
            RunStepRow(
                run="r1",
                step=name,
                number=number,
                needs=needs[name],
                description=f"<b>{name}</b>",
                state=WorkState.FAILED if name == "l.three" else WorkState.DONE,
                started_at=at(times[name][0]),
                finished_at=at(times[name][1]),
                hosts=2,
            )
            for number, name in enumerate(times)
        ],
        [
            RunHostRow(
                run="r1",
                step=name,
                host=host,
                state=ends.get((name, host), WorkState.DONE),
                task="Write <it>",
                reason="no & room" if (name, host) in ends else "",
            )
            for name in times
            for host in ("a", "b")
        ],
    )
    found.add_events(
        [
            RunEvent(EventKind.TASK_RESULT, NOW, "r1", step, host, task, {"status": "ok", "seconds": seconds})
            for step, host, task, seconds in [
                ("l.one", "a", "Slow", 4.0),
                ("l.one", "b", "Slow", 6.0),
                ("l.two", "a", "Quick", 0.1),
            ]
        ]
    )
    yield found
    found.close()


def test_the_critical_path_is_the_chain_that_ended_last(journal: Journal) -> None:
    assert read_story(journal, "last").critical_path == ("l.one", "l.three", "l.four")


def test_a_task_counts_with_its_slowest_host(journal: Journal) -> None:
    slowest = read_story(journal, "r1").slowest_tasks
    assert [(task.task, task.host, task.seconds) for task in slowest] == [("Slow", "b", 6.0), ("Quick", "a", 0.1)]


def test_the_data_for_programs_names_every_step_and_host(journal: Journal) -> None:
    data = story_as_data(read_story(journal, "r1"))
    assert (data["run"], data["state"], data["seconds"]) == ("r1", "failed", 42.0)
    assert {(entry["step"], entry["host"]): entry["state"] for entry in data["hosts"]}["l.three", "b"] == "failed"
    assert [entry["step"] for entry in data["steps"]] == ["l.one", "l.two", "l.three", "l.four"]


def test_the_page_loads_nothing_from_elsewhere_and_escapes(journal: Journal) -> None:
    page = run_page(read_story(journal, "r1"))
    assert not re.search(r"""(?:src|href)\s*=|url\(|@import|https?:|<script|<link""", page)
    assert "<b>l.one</b>" not in page.replace("<summary><b>l.one</b>", "")
    assert "&lt;b&gt;l.one&lt;/b&gt;" in page
    assert "no &amp; room" in page
    assert "l.one → l.three → l.four" in page
    assert "groundplane apply --resume r1" in page


def test_the_timeline_is_to_scale(journal: Journal) -> None:
    page = run_page(read_story(journal, "r1"))
    assert "left:23.81%;width:71.429%" in page, "l.three: from 10 s for 30 s of 42 s"
    assert page.count(' critical" style') == 3


def test_a_run_that_never_began_a_step_has_a_page_too(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "other", "test")
    journal.begin_run(
        RunRow(id="r9", site="test", command="apply", holder="me", state=RunState.CANCELLED, started_at=NOW),
        [RunStepRow(run="r9", step="l.one", number=0, needs=[], state=WorkState.CANCELLED)],
        [],
    )
    assert "Run <code>r9</code>" in run_page(read_story(journal, "r9"))
    assert read_story(journal, "r9").critical_path == ()
    journal.close()
