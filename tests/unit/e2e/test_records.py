"""The journal is a real one: a change of its tables that the end-to-end tests don't know is found here."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from groundplane.run.events import RunState, WorkState
from groundplane.run.journal.models import RunHostRow, RunRow, RunStepRow
from groundplane.run.journal.store import open_journal
from groundplane.run.outcome import HostOutcome
from tests.e2e.faults.records import Records, Twice, Work, done_twice, never_done, under_way

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.run.journal.store import Journal

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
STEP = "bootstrap.access"


def begin(journal: Journal, run: str, minute: int, *, command: str = "apply", dry: bool = False) -> None:
    at = NOON + timedelta(minutes=minute)
    journal.begin_run(
        RunRow(id=run, site="s", command=command, holder="me@here", state="running", started_at=at, dry=dry, plan=""),
        [RunStepRow(run=run, step=STEP, number=0, needs=[], state=WorkState.WAITING, hosts=2)],
        [RunHostRow(run=run, step=STEP, host=host, state=WorkState.WAITING) for host in ("a", "b")],
    )


def test_a_killed_run_and_the_one_that_goes_on(tmp_path: Path) -> None:
    journal, records = open_journal(tmp_path, "s"), Records(tmp_path)
    begin(journal, "r1", 0)
    journal.step_started("r1", STEP, ["a"], NOON)
    assert under_way(records.chain(["r1"])) == [STEP]
    outcomes = {"a": HostOutcome(state=WorkState.DONE)}
    journal.step_finished("r1", STEP, WorkState.DONE, outcomes, NOON + timedelta(seconds=1.5))
    assert journal.mark_interrupted(tmp_path) == ["r1"]
    begin(journal, "r2", 1)
    journal.step_started("r2", STEP, ["b"], NOON)
    journal.step_finished("r2", STEP, WorkState.DONE, {"b": HostOutcome(state=WorkState.DONE)}, NOON)
    journal.finish_run("r2", RunState.DONE, NOON)

    assert records.runs() == [("r1", "interrupted"), ("r2", "done")]
    assert records.after(["r1"]) == ["r2"]
    assert records.planned("r1") == {(STEP, "a"), (STEP, "b")}
    chain = records.chain(["r1", "r2"])
    assert [work for work in chain if work.done] == [
        Work("r1", STEP, "a", "done", "2026-03-01 12:00:00.000000", "2026-03-01 12:00:01.500000"),
        Work("r2", STEP, "b", "done", "2026-03-01 12:00:00.000000", "2026-03-01 12:00:00.000000"),
    ]
    assert done_twice(chain) == []
    assert never_done(records.planned("r1"), chain) == set()
    assert records.whole()
    journal.close()
    assert records.runs(), "also when nobody has the journal open"


def test_other_commands_and_dry_runs_are_no_part_of_it(tmp_path: Path) -> None:
    journal, records = open_journal(tmp_path, "s"), Records(tmp_path)
    begin(journal, "r1", 0, command="verify")
    begin(journal, "r2", 1, dry=True)
    assert records.runs() == []
    journal.close()


def test_what_is_begun_again_although_it_was_done_is_found() -> None:
    chain = [
        Work("r1", STEP, "a", "done", "1", "2"),
        Work("r1", STEP, "b", "interrupted", "1"),
        Work("r2", STEP, "a", "interrupted", "3"),
        Work("r2", STEP, "b", "done", "3", "4"),
        Work("r3", STEP, "b", "held_back"),
    ]
    assert done_twice(chain) == [Twice(STEP, "a", done_in="r1", begun_again_in="r2")]
    assert never_done({(STEP, "a"), (STEP, "c")}, chain) == {(STEP, "c")}


def test_before_there_is_a_journal(tmp_path: Path) -> None:
    records = Records(tmp_path)
    assert records.runs() == []
    assert records.holder() is None


def test_a_broken_journal_is_not_whole(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").write_bytes(b"not a database, but long enough to be read as one" * 50)
    assert not Records(tmp_path).whole()


def test_who_wrote_into_the_lock(tmp_path: Path) -> None:
    records, lock = Records(tmp_path), tmp_path / "lock"
    lock.write_text("")
    assert records.holder() is None
    lock.write_text(json.dumps({"holder": "me@here", "pid": 1, "run": "r1", "since": "now"}))
    assert records.holder() == "me@here"
