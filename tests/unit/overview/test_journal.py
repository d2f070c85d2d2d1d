"""What the quick look says is what the journal says."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from groundplane.overview.journal import LACKING, Planned, look_at_journal
from groundplane.overview.judgement import rest_of
from groundplane.overview.model import LayerState
from groundplane.plan.model import ReasonKind
from groundplane.run.events import RunState, WorkState
from groundplane.run.journal.reading import FILE
from groundplane.run.journal.store import Journal, open_journal
from groundplane.run.lock import Holder
from groundplane.run.verified import verify_plan
from tests.unit.overview.conftest import NOW, begin, receipt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALIVE = Holder("me@here", 1, "r-2", NOW.isoformat())


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    found = open_journal(tmp_path, "test")
    yield found
    found.close()


def test_no_journal_is_nothing_and_makes_nothing(tmp_path: Path) -> None:
    look = look_at_journal(tmp_path, "test", None)
    assert (look.receipts, look.last, look.trouble) == ({}, None, "")
    assert list(tmp_path.iterdir()) == []


def test_receipts_and_attempts_are_those_of_the_journal(journal: Journal, tmp_path: Path) -> None:
    states = {"a.one": WorkState.DONE, "a.two": WorkState.FAILED, "a.three": WorkState.INTERRUPTED}
    begin(journal, "r-1", {**states, "a.four": WorkState.HELD_BACK}, state=RunState.FAILED)
    journal.save_receipts([receipt("a.one", digest="x"), receipt("a.two", at=NOW - timedelta(hours=1))])
    begin(journal, "r-2", {"a.five": WorkState.FAILED}, state=RunState.FAILED)
    journal.save_receipts([receipt("a.five", at=NOW + timedelta(hours=1))])
    look = look_at_journal(tmp_path, "test", None)
    assert {key: (one.at, one.run, one.digest) for key, one in look.receipts.items()} == {
        key: (one.applied_at, one.run, one.fingerprint.digest) for key, one in journal.receipts().items()
    }
    assert {key: state.value for key, state in look.attempts.items()} == {
        key: one.outcome.value.removesuffix("_last_time") for key, one in journal.unfinished().items()
    }
    assert look_at_journal(tmp_path, "other", None).receipts == {}


def test_it_reads_while_the_engine_writes_and_when_it_is_gone(tmp_path: Path) -> None:
    journal = open_journal(tmp_path, "test")
    begin(journal, "r-1", {"a.one": WorkState.DONE})
    last = look_at_journal(tmp_path, "test", None).last
    assert last is not None
    journal.close()
    before = sorted(path.name for path in tmp_path.iterdir())
    assert look_at_journal(tmp_path, "test", None).last == last
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_what_a_killed_engine_left_in_its_log_counts_without_room_for_more(journal: Journal, tmp_path: Path) -> None:
    begin(journal, "r-1", {"a.one": WorkState.DONE})
    left = tmp_path / "left"
    left.mkdir()
    for name in (FILE, f"{FILE}-wal"):
        shutil.copyfile(tmp_path / name, left / name)
    # Where SQLite would make its own file: it follows no link.
    (left / f"{FILE}-shm").symlink_to("nowhere")
    look = look_at_journal(left, "test", None)
    assert look.trouble == ""
    assert look.last is not None
    assert look.last.id == "r-1"


def test_a_run_whose_engine_is_gone_was_interrupted(journal: Journal, tmp_path: Path) -> None:
    begin(journal, "r-2", {"a.one": WorkState.RUNNING, "a.two": WorkState.WAITING}, state=RunState.RUNNING)
    dead = look_at_journal(tmp_path, "test", None)
    assert dead.last is not None
    assert (dead.last.state, dead.last.reason, dead.progress) == ("interrupted", "the engine went away", None)
    assert dead.attempts == {("a.one", "node1"): LayerState.INTERRUPTED}
    assert dead.resumable == "r-2"
    alive = look_at_journal(tmp_path, "test", ALIVE)
    assert alive.last is not None
    assert alive.last.state == "running"
    assert alive.attempts == {}
    assert alive.running == {"a.one"}
    assert alive.progress is not None
    assert (alive.progress.done, alive.progress.whole, alive.progress.now) == (0, 2, ("a.one",))
    # Looking wrote nothing: the journal itself finds out by its own means.
    assert journal.run("r-2").state == RunState.RUNNING


def test_failures_of_the_last_run(journal: Journal, tmp_path: Path) -> None:
    begin(journal, "r-1", {"a.one": WorkState.FAILED, "a.two": WorkState.HELD_BACK}, state=RunState.FAILED)
    last = look_at_journal(tmp_path, "test", None).last
    assert last is not None
    (failure,) = last.failures
    assert (failure.step, failure.host, failure.task, failure.reason) == ("a.one", "node1", "Start [it]", "no room")


def test_each_layers_newest_verification_counts(journal: Journal, tmp_path: Path) -> None:
    begin(journal, "r-1", {"a.verify": WorkState.DONE, "b.verify": WorkState.DONE}, command="verify")
    later = NOW + timedelta(hours=1)
    both = {"b.verify": WorkState.DONE, "b.smoke": WorkState.FAILED}
    begin(journal, "r-2", both, at=later, state=RunState.FAILED, command="verify")
    # Cancelled before it said anything.
    begin(journal, "r-3", {"a.verify": WorkState.CANCELLED}, at=later, state=RunState.CANCELLED, command="verify")
    found = look_at_journal(tmp_path, "test", None).verified
    assert {layer: (one.good, one.run, one.at) for layer, one in found.items()} == {
        "a": (True, "r-1", NOW),
        "b": (False, "r-2", later),
    }


def test_a_verification_of_single_steps_is_none_of_the_layer(journal: Journal, tmp_path: Path) -> None:
    def look() -> dict[str, tuple[bool, str]]:
        return {name: (one.good, one.run) for name, one in look_at_journal(tmp_path, "test", None).verified.items()}

    steps, part = {"a.verify": WorkState.DONE}, verify_plan(())
    begin(journal, "r-1", steps, command="verify", plan=part)
    assert look() == {}
    begin(journal, "r-2", steps, at=NOW + timedelta(hours=1), command="verify")
    begin(journal, "r-3", steps, at=NOW + timedelta(hours=2), command="verify", plan=part)
    assert look() == {"a": (True, "r-2")}
    # What a part of it finds wrong is wrong with the layer, until all of it is right.
    wrong = {"a.verify": WorkState.FAILED}
    begin(journal, "r-4", wrong, at=NOW + timedelta(hours=3), state=RunState.FAILED, command="verify", plan=part)
    begin(journal, "r-5", steps, at=NOW + timedelta(hours=4), command="verify", plan=part)
    assert look() == {"a": (False, "r-4")}


def planned_step(name: str, action: str, digest: str, *kinds: str) -> dict[str, object]:
    """As plans have them (plan.model.PlannedStep)."""
    fingerprint = {"inputs": {"groundplane_images": "i", "a": "1"}, "content": {}, "release": "", "digest": digest}
    reasons = [{"kind": kind, "details": []} for kind in kinds]
    return {
        "step": name,
        "hosts": [{"host": "node1", "action": action, "reasons": reasons, "fingerprint": fingerprint}],
    }


def test_what_is_left_of_a_run_that_was_broken_off(journal: Journal, tmp_path: Path) -> None:
    steps = [
        planned_step("a.one", "run", "x"),
        planned_step("a.two", "run", "y"),
        planned_step("a.three", "up_to_date", "z"),
    ]
    states = {"a.one": WorkState.DONE, "a.two": WorkState.FAILED}
    begin(journal, "r-1", states, state=RunState.FAILED, plan=json.dumps({"steps": steps}))
    journal.save_receipts([receipt("a.one", digest="x", at=NOW + timedelta(seconds=9))])
    look = look_at_journal(tmp_path, "test", None)
    assert look.resumable == "r-1"
    assert look.planned == {("a.two", "node1"): Planned("y")}
    begin(journal, "r-2", {"a.two": WorkState.DONE}, at=NOW + timedelta(hours=1))
    assert look_at_journal(tmp_path, "test", None).resumable is None


def test_after_images_were_built_steps_have_other_digests_than_were_planned(journal: Journal, tmp_path: Path) -> None:
    steps = [
        planned_step("a.build", "run", "b", LACKING),
        planned_step("a.one", "run", "x"),
        planned_step("a.two", "run", "y"),
    ]
    states = {"a.build": WorkState.DONE, "a.one": WorkState.DONE, "a.two": WorkState.FAILED}
    begin(journal, "r-1", states, state=RunState.FAILED, plan=json.dumps({"steps": steps}))
    later = NOW + timedelta(seconds=9)
    journal.save_receipts([receipt("a.build", digest="b", at=later), receipt("a.one", digest="built", at=later)])
    rest = rest_of({"groundplane_images": "other", "a": "1"}, {}, "")
    assert look_at_journal(tmp_path, "test", None).planned == {("a.two", "node1"): Planned("y", rest)}


def test_the_reason_is_the_planners() -> None:
    assert ReasonKind.LACKING == LACKING


@pytest.mark.parametrize("content", [b"", b"no journal at all, and long enough to be taken for one" * 40])
def test_what_is_no_journal_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    look = look_at_journal(tmp_path, "test", None)
    assert str(tmp_path / FILE) in look.trouble
    assert look.receipts == {}
