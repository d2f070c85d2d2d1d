from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from groundplane.errors import FailedError
from groundplane.run import teller as teller_module
from groundplane.run.events import EventKind, RunEvent, RunState
from groundplane.run.journal.models import RunRow
from groundplane.run.journal.store import Journal, open_journal
from groundplane.run.redaction import MASK, Redactor
from groundplane.run.teller import Teller
from tests.unit.run.builders import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "hunter2-is-a-secret"


class Watching:
    def __init__(self) -> None:
        self.events: list[RunEvent] = []

    def see(self, event: RunEvent) -> None:
        self.events.append(event)

    def close(self) -> None:
        pass


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    found = open_journal(tmp_path, "test")
    found.begin_run(
        RunRow(id="r1", site="test", command="apply", holder="me", state=RunState.RUNNING, started_at=NOW), [], []
    )
    yield found
    found.close()


def make(tmp_path: Path, journal: Journal, watching: Watching) -> Teller:
    return Teller("r1", state=tmp_path, journal=journal, redactor=Redactor([SECRET]), watchers=[watching])


def test_no_secret_reaches_watchers_journal_or_log(tmp_path: Path, journal: Journal) -> None:
    watching = Watching()
    teller = make(tmp_path, journal, watching)
    teller.tell(EventKind.TASK_RESULT, task=f"Say {SECRET}", data={"reason": f"not {SECRET}"})
    with teller.log("l.one") as say:
        say(f"line with {SECRET}")
    teller.flush()
    assert watching.events[0].task == f"Say {MASK}"
    assert journal.events("r1")[0].data == {"reason": f"not {MASK}"}
    log = tmp_path / "runs" / "r1" / "l.one.log"
    assert log.read_text() == f"line with {MASK}\n"
    assert log.stat().st_mode & 0o777 == 0o600
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes(), path


def test_results_wait_for_company_and_ends_do_not(
    tmp_path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teller_module, "BATCH_SECONDS", 3600)
    teller = make(tmp_path, journal, Watching())
    teller.tell(EventKind.TASK_RESULT, task="T")
    assert journal.events("r1") == []
    teller.tell(EventKind.STEP_FINISHED, step="l.one")
    assert [row.kind for row in journal.events("r1")] == ["task_result", "step_finished"]


def test_a_log_that_cant_be_written_is_told(tmp_path: Path, journal: Journal) -> None:
    (tmp_path / "runs").write_text("in the way")
    with pytest.raises(FailedError, match="can't be written"), make(tmp_path, journal, Watching()).log("l.one"):
        pass


def test_a_full_disk_is_told_as_such(tmp_path: Path, journal: Journal) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    folder = tmp_path / "runs" / "r1"
    folder.mkdir(parents=True)
    (folder / "l.one.log").symlink_to("/dev/full")
    with (
        pytest.raises(FailedError, match="disk is full"),
        make(tmp_path, journal, Watching()).log("l.one") as say,
    ):
        say("a line")


def test_what_a_terminal_would_obey_is_neither_shown_nor_kept(tmp_path: Path, journal: Journal) -> None:
    watching = Watching()
    teller = make(tmp_path, journal, watching)
    teller.tell(
        EventKind.NOTE, task="\x1b[1mT", data={"text": f"\x1b[?7hnow \x1b]0;title\x07{SECRET[:4]}\x1b[0m{SECRET[4:]}"}
    )
    with teller.log("l.one") as say:
        say("one\r\n\x1b[31mtwo\x1b[0m")
    assert (watching.events[0].task, watching.events[0].data) == ("T", {"text": f"now {MASK}"})
    assert journal.events("r1")[0].data == {"text": f"now {MASK}"}
    assert (tmp_path / "runs" / "r1" / "l.one.log").read_text() == "one\ntwo\n"
