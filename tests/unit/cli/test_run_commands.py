"""runs, logs, cancel, runtime and apply: what they say where there is nothing, and of a run that was."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from groundplane.cli.main import groundplane
from groundplane.errors import CancelledError, FailedError, GroundplaneError, InputError
from groundplane.run.events import RunState, WorkState
from groundplane.run.journal.models import RunHostRow, RunRow, RunStepRow
from groundplane.run.journal.store import open_journal
from groundplane.run.lock import site_lock
from tests.unit.full_disk import nothing_can_be_written

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "site.yml").write_text(
        "name: test\nrelease: '2026.1'\ndomain: test.example\nnetworks: {management: {cidr: 10.0.0.0/24}}\n"
    )
    return folder


@pytest.fixture
def with_run(site: Path) -> Path:
    state = site / ".groundplane"
    journal = open_journal(state, "test")
    journal.begin_run(
        RunRow(
            id="20260301-120000-abcd",
            site="test",
            command="apply",
            holder="me@here",
            state=RunState.FAILED,
            started_at=START,
            finished_at=START + timedelta(seconds=90),
        ),
        [
            RunStepRow(
                run="20260301-120000-abcd",
                step="base.one",
                number=0,
                needs=[],
                state=WorkState.FAILED,
                started_at=START,
                finished_at=START + timedelta(seconds=90),
                hosts=1,
            )
        ],
        [
            RunHostRow(
                run="20260301-120000-abcd",
                step="base.one",
                host="node1",
                state=WorkState.FAILED,
                task="Start [it]",
                reason="no room",
            )
        ],
    )
    journal.close()
    log = state / "runs" / "20260301-120000-abcd" / "base.one.log"
    log.parent.mkdir(parents=True)
    log.write_text("TASK [Start] ***\nok: [node1]\nok: [node2]\n")
    return site


def call(site: Path, *words: str) -> Result:
    return CliRunner().invoke(groundplane, ["--site", str(site), *words])


def refused(site: Path, *words: str) -> GroundplaneError:
    found = call(site, *words).exception
    assert isinstance(found, GroundplaneError)
    return found


def test_a_site_without_runs_says_how_to_begin(site: Path) -> None:
    assert "groundplane apply" in call(site, "runs").output
    assert json.loads(call(site, "runs", "--json").output) == {"runs": []}
    assert refused(site, "runs", "show").cure == "Nothing has been run yet: groundplane apply"


def test_runs_are_listed_and_shown(with_run: Path) -> None:
    listed = call(with_run, "runs").output
    assert "20260301-120000-abcd" in listed
    assert "1m30s" in listed
    told = json.loads(call(with_run, "runs", "--json").output)
    assert [row["run"] for row in told["runs"]] == ["20260301-120000-abcd"]
    shown = call(with_run, "runs", "show", "abcd").output
    assert "base.one on node1 at 'Start [it]': no room" in shown
    data = json.loads(call(with_run, "runs", "show", "--json").output)
    assert data["hosts"][0]["reason"] == "no room"
    assert data["seconds"] == 90.0


def test_a_page_is_written_where_asked(with_run: Path, tmp_path: Path) -> None:
    result = call(with_run, "runs", "show", "--html", str(tmp_path / "run.html"))
    assert result.exit_code == 0, result.output
    assert "no room" in (tmp_path / "run.html").read_text()


def test_logs_are_shown_whole_and_by_host(with_run: Path) -> None:
    assert call(with_run, "logs").output.splitlines() == ["TASK [Start] ***", "ok: [node1]", "ok: [node2]"]
    assert call(with_run, "logs", "last", "one", "--host", "node2").output.splitlines() == [
        "TASK [Start] ***",
        "ok: [node2]",
    ]
    assert call(with_run, "logs", "--follow").output.splitlines()[-1] == "ok: [node2]"
    assert "has no log of other" in refused(with_run, "logs", "last", "other").what


def test_cancel_without_a_run_is_told(with_run: Path) -> None:
    assert refused(with_run, "cancel").what == "Nothing works on this site"
    assert "is not under way" in refused(with_run, "cancel", "abcd").what


def test_cancel_names_who_is_elsewhere(with_run: Path) -> None:
    with site_lock(with_run / ".groundplane", holder="eve@elsewhere.example", run="20260301-130000-eeee"):
        error = refused(with_run, "cancel", "eeee")
    assert isinstance(error, InputError)
    assert "elsewhere.example" in error.what


def test_the_runtime_of_a_release_is_told_without_a_site(tmp_path: Path) -> None:
    result = CliRunner().invoke(groundplane, ["runtime", "show", "--release", "2026.1"])
    assert "ansible-core  2.20" in result.output
    assert "mitogen" in result.output


def test_exit_codes_tell_how_a_run_ended() -> None:
    from groundplane.cli.run_report import raise_unless_done  # noqa: PLC0415
    from groundplane.run.engine import RunResult  # noqa: PLC0415
    from groundplane.run.events import Failure  # noqa: PLC0415

    raise_unless_done(RunResult("r1", RunState.DONE, 1.0, {}))
    with pytest.raises(CancelledError) as cancelled:
        raise_unless_done(RunResult("r1", RunState.CANCELLED, 1.0, {}))
    assert cancelled.value.cure == "groundplane apply --resume r1"
    failures = (Failure("base.one", "node1", "T", "no room"),)
    with pytest.raises(FailedError, match="failed on node1") as failed:
        raise_unless_done(RunResult("r1", RunState.FAILED, 1.0, {}, failures))
    assert "groundplane apply --resume r1" in failed.value.cure


@pytest.mark.parametrize("words", [("runs",), ("runs", "show"), ("logs",), ()])
def test_a_full_disk_keeps_nobody_from_reading(with_run: Path, words: tuple[str, ...]) -> None:
    with nothing_can_be_written():
        found = call(with_run, *words)
    assert found.exit_code == 0, found.exception
    assert ("ok: [node1]" if words == ("logs",) else "20260301-120000-abcd") in found.output


def test_looking_makes_no_state(site: Path) -> None:
    assert "Nothing has been run yet" in call(site, "runs").output
    assert not (site / ".groundplane").exists()
