from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from groundplane.errors import FailedError, InputError
from groundplane.plan.model import Fingerprint, ReasonKind, Receipt
from groundplane.run.events import EventKind, RunEvent, RunState, WorkState
from groundplane.run.journal.models import RunHostRow, RunRow, RunStepRow
from groundplane.run.journal.reading import FILE
from groundplane.run.journal.store import Journal, new_run_id, open_journal, read_journal
from groundplane.run.lock import site_lock
from groundplane.run.outcome import HostOutcome
from tests.unit.full_disk import nothing_can_be_written
from tests.unit.run.builders import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    found = open_journal(tmp_path, "test")
    yield found
    found.close()


def begin(journal: Journal, run: str, at: datetime = NOW, *, dry: bool = False) -> None:
    journal.begin_run(
        RunRow(id=run, site="test", command="apply", holder="me@here", state=RunState.RUNNING, started_at=at, dry=dry),
        [RunStepRow(run=run, step="l.one", number=0, needs=[], state=WorkState.WAITING, hosts=2)],
        [RunHostRow(run=run, step="l.one", host=host, state=WorkState.WAITING) for host in ("a", "b")],
    )


def receipt(run: str, at: datetime = NOW, host: str = "a") -> Receipt:
    return Receipt(
        step="l.one", host=host, run=run, applied_at=at, fingerprint=Fingerprint(digest="d"), state={"x": "1"}
    )


def test_a_receipt_comes_back_as_it_was(journal: Journal) -> None:
    begin(journal, "r1")
    journal.save_receipts([receipt("r1")])
    journal.save_receipts([receipt("r2", NOW + timedelta(hours=1))])
    (found,) = journal.receipts().values()
    assert found == receipt("r2", NOW + timedelta(hours=1))


def test_sites_in_one_database_dont_see_each_other(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shared.sqlite'}"
    one, two = open_journal(tmp_path, "one", url), open_journal(tmp_path, "two", url)
    one.save_receipts([receipt("r1")])
    assert two.receipts() == {}
    assert len(one.receipts()) == 1


def test_a_failure_is_unfinished_until_it_succeeds(journal: Journal) -> None:
    begin(journal, "r1")
    journal.step_started("r1", "l.one", ["a", "b"], NOW)
    failed = HostOutcome(state=WorkState.FAILED, task="T", reason="no room")
    outcomes = {"a": HostOutcome(state=WorkState.DONE), "b": failed}
    journal.step_finished("r1", "l.one", WorkState.FAILED, outcomes, NOW, receipts=[receipt("r1")])
    attempt = journal.unfinished()["l.one", "b"]
    assert (attempt.outcome, attempt.summary, attempt.run) == (ReasonKind.FAILED_LAST_TIME, "no room", "r1")
    assert ("l.one", "a") not in journal.unfinished()
    journal.save_receipts([receipt("r2", NOW + timedelta(minutes=1), host="b")])
    assert journal.unfinished() == {}


def test_a_rehearsal_leaves_no_attempts(journal: Journal) -> None:
    begin(journal, "r1", dry=True)
    journal.step_started("r1", "l.one", ["a"], NOW)
    journal.step_finished("r1", "l.one", WorkState.FAILED, {"a": HostOutcome(state=WorkState.FAILED)}, NOW)
    assert journal.unfinished() == {}


def test_a_run_whose_engine_went_away_is_interrupted(journal: Journal, tmp_path: Path) -> None:
    begin(journal, "r1")
    journal.step_started("r1", "l.one", ["a"], NOW)
    last = NOW + timedelta(seconds=42)
    journal.add_events([RunEvent(EventKind.TASK_STARTED, last, "r1", "l.one", task="T")])
    assert journal.mark_interrupted(tmp_path) == ["r1"]
    row = journal.run("r1")
    assert (row.state, row.finished_at) == (RunState.INTERRUPTED, last)
    assert {key: attempt.outcome for key, attempt in journal.unfinished().items()} == {
        ("l.one", "a"): ReasonKind.INTERRUPTED
    }
    assert journal.mark_interrupted(tmp_path) == []


def test_a_run_that_holds_the_lock_is_left_alone(journal: Journal, tmp_path: Path) -> None:
    begin(journal, "r1")
    begin(journal, "r2")
    with site_lock(tmp_path, holder="me", run="r2"):
        assert journal.mark_interrupted(tmp_path) == ["r1"]
    assert journal.run("r2").state == RunState.RUNNING


def test_runs_are_found_by_their_end_and_as_the_last(journal: Journal) -> None:
    begin(journal, "20260301-120000-aaaa")
    begin(journal, "20260301-130000-bbbb", NOW + timedelta(hours=1))
    assert journal.run("last").id == "20260301-130000-bbbb"
    assert journal.run("aaaa").id == "20260301-120000-aaaa"
    with pytest.raises(InputError, match="no run 'cccc'"):
        journal.run("cccc")


def test_events_can_be_read_from_where_one_stopped(journal: Journal) -> None:
    begin(journal, "r1")
    journal.add_events([RunEvent(EventKind.NOTE, NOW, "r1", data={"text": str(number)}) for number in range(3)])
    first = journal.events("r1", limit=2)
    assert [row.data for row in first] == [{"text": "0"}, {"text": "1"}]
    assert [row.data for row in journal.events("r1", after=first[-1].number)] == [{"text": "2"}]
    assert journal.events("r1", kinds=[EventKind.TASK_RESULT]) == []


def test_times_learnt_are_those_of_successes(journal: Journal) -> None:
    for number, state in enumerate((WorkState.DONE, WorkState.FAILED)):
        begin(journal, f"r{number}")
        journal.step_started(f"r{number}", "l.one", ["a"], NOW)
        journal.step_finished(f"r{number}", "l.one", state, {}, NOW + timedelta(seconds=7))
    assert journal.durations("l.one") == [(2, 7.0)]


def test_run_ids_sort_by_time_and_differ() -> None:
    assert new_run_id(NOW).startswith("20260301-120000-")
    assert len({new_run_id(NOW) for _ in range(50)}) > 1


def test_a_file_that_is_no_journal_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("these are not the bytes of a database, they are quite something else" * 20)
    with pytest.raises(FailedError, match="is not a journal"):
        open_journal(tmp_path, "test")


def test_a_journal_that_cant_be_opened_is_told(tmp_path: Path) -> None:
    # A folder in its place: modes would not stop root.
    (tmp_path / FILE).mkdir()
    with pytest.raises(FailedError, match="can't be written"):
        open_journal(tmp_path, "test").save_receipts([receipt("r1")])


def test_reading_needs_no_room(journal: Journal, tmp_path: Path) -> None:
    begin(journal, "r1")
    journal.close()
    with nothing_can_be_written():
        reading = read_journal(tmp_path, "test")
        assert [row.id for row in reading.runs()] == ["r1"]
        reading.close()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(FILE)] == [FILE]


def test_a_reader_sees_what_is_written_meanwhile(journal: Journal, tmp_path: Path) -> None:
    reading = read_journal(tmp_path, "test")
    assert reading.runs() == []
    begin(journal, "r1")
    assert [row.id for row in reading.runs()] == ["r1"]
    reading.close()


def test_a_reader_finds_out_what_was_interrupted_and_writes_nothing(journal: Journal, tmp_path: Path) -> None:
    begin(journal, "r1")
    journal.step_started("r1", "l.one", ["a"], NOW)
    reading = read_journal(tmp_path, "test")
    assert reading.mark_interrupted(tmp_path) == ["r1"]
    assert reading.run("r1").state == RunState.INTERRUPTED
    assert {row.state for row in reading.hosts("r1")} == {WorkState.INTERRUPTED}
    assert reading.mark_interrupted(tmp_path) == []
    reading.close()
    assert journal.run("r1").state == RunState.RUNNING


def test_a_reader_leaves_alone_who_is_at_work(journal: Journal, tmp_path: Path) -> None:
    begin(journal, "r1")
    reading = read_journal(tmp_path, "test")
    with site_lock(tmp_path, holder="me", run="r1"):
        assert reading.mark_interrupted(tmp_path) == []
        assert reading.run("r1").state == RunState.RUNNING
    reading.close()


@pytest.mark.parametrize("made", [True, False])
def test_where_nothing_was_run_a_reader_finds_nothing_and_makes_nothing(tmp_path: Path, made: bool) -> None:
    if made:
        # The disk was full when it was made.
        (tmp_path / FILE).touch()
    reading = read_journal(tmp_path / "", "test")
    assert (reading.runs(), reading.receipts(), reading.mark_interrupted(tmp_path)) == ([], {}, [])
    reading.close()
    assert [path.name for path in tmp_path.iterdir()] == ([FILE] if made else [])


def test_a_reader_is_told_what_is_no_journal(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("these are not the bytes of a database, they are quite something else" * 20)
    with pytest.raises(FailedError, match="is not a journal"):
        read_journal(tmp_path, "test")
