"""The plan, the question and what is typed."""

from __future__ import annotations

import io
import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click
import pytest
from rich.console import Console

from groundplane.cli import operations
from groundplane.cli.ceph import common
from groundplane.cli.ceph.common import carry_out
from groundplane.cli.operations import Desk, agree, operation_options, perform, show_operation
from groundplane.errors import CancelledError, FailedError, InputError
from groundplane.run.engine import RunResult
from groundplane.run.events import Failure, RunState, WorkState
from groundplane.run.operation import Operation
from groundplane.run.stages import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

STAGE = Stage("ceph.wipe", "Wipe it", Path("wipe.yml"), ("node1",))
PLAIN = Operation("ceph restart", "Restart", ("One by one.",), (STAGE,))
RISKY = Operation(
    "ceph osd wipe",
    "Wipe /dev/sdb of node1",
    ("Wipe the disk.",),
    (STAGE,),
    warnings=("It is big.",),
    danger="all that is on /dev/sdb",
    confirm="node1",
)
NO: Any = {"yes": False, "confirm": "", "check": False, "as_json": False}


class Terminal:
    """Answers what it was given, where a terminal is."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.typed = ""
        self.said = True
        for stream in ("stdin", "stdout"):
            monkeypatch.setattr(f"sys.{stream}.isatty", lambda: True)
        monkeypatch.setattr(click, "prompt", lambda *_words, **_more: self.typed)
        monkeypatch.setattr(click, "confirm", lambda *_words, **_more: self.said)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(monkeypatch)


def shown(operation: Operation) -> str:
    out = io.StringIO()
    show_operation(Console(file=out, width=200, no_color=True), operation)
    return out.getvalue()


def test_a_plan_has_numbered_lines_warnings_and_what_could_be_lost() -> None:
    assert shown(RISKY) == (
        "Wipe /dev/sdb of node1\n  1. Wipe the disk.\n! It is big.\nData could be lost: all that is on /dev/sdb\n"
    )


def test_nothing_to_do_says_why() -> None:
    assert shown(Operation("x", "Restart", nothing="no daemon asks for it")) == "✔ Restart: no daemon asks for it\n"


def test_a_person_says_yes_or_no(terminal: Terminal) -> None:
    agree(PLAIN, **NO)
    terminal.said = False
    with pytest.raises(CancelledError, match="Nothing was done"):
        agree(PLAIN, **NO)


def test_where_data_could_be_lost_the_word_is_typed(terminal: Terminal) -> None:
    with pytest.raises(CancelledError):
        agree(RISKY, **NO)
    terminal.typed = "node1"
    agree(RISKY, **NO)


def test_a_program_needs_yes_and_the_word() -> None:
    agree(PLAIN, **(NO | {"yes": True}))
    agree(RISKY, **(NO | {"yes": True, "confirm": "node1"}))
    with pytest.raises(InputError, match="--yes isn't enough") as caught:
        agree(RISKY, **(NO | {"yes": True}))
    assert caught.value.cure == "Look with --check. Add --yes --confirm node1 where it is known to be wanted."
    with pytest.raises(InputError, match="--confirm node2 isn't what"):
        agree(RISKY, **(NO | {"yes": True, "confirm": "node2"}))
    with pytest.raises(InputError, match="Nobody is there"):
        agree(PLAIN, **(NO | {"as_json": True}))


def test_a_dry_run_asks_nobody() -> None:
    agree(RISKY, **(NO | {"check": True}))


class Desks:
    """Performs operations with a pretended run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ran: list[tuple[Operation, bool]] = []
        self.state = RunState.DONE
        monkeypatch.setattr(operations, "run_operation", self._run)
        monkeypatch.setattr(operations, "open_desk", self._open)
        monkeypatch.setattr(common, "ask", lambda _desk: ("configuration", "state"))

    @contextmanager
    def _open(self, _obj: object) -> Iterator[Any]:
        class Open:
            site = "site"

        yield Open()

    def _run(self, _desk: Desk, operation: Operation, *, check: bool, **_more: Any) -> RunResult:
        self.ran.append((operation, check))
        failures = () if self.state is RunState.DONE else (Failure("ceph.wipe", "node1", "Wipe", "busy"),)
        states = {"ceph.wipe": WorkState.DONE if self.state is RunState.DONE else WorkState.FAILED}
        return RunResult("r1", self.state, 1.0, states, failures=failures, changed=1)


@pytest.fixture
def desks(monkeypatch: pytest.MonkeyPatch) -> Desks:
    return Desks(monkeypatch)


DESK = cast("Desk", None)


def test_the_plan_is_made_from_the_cluster_and_carried_out(desks: Desks, capsys: pytest.CaptureFixture[str]) -> None:
    def make(*given: Any) -> Operation:
        assert given == ("site", "configuration", "state")
        return PLAIN

    carry_out(None, make, **(NO | {"yes": True}))
    assert desks.ran == [(PLAIN, False)]
    assert "Run r1 done in 1.0s; steps: 1 done; 1 task changed something" in capsys.readouterr().out


def test_a_failure_names_the_command_that_goes_on(desks: Desks) -> None:
    desks.state = RunState.FAILED
    with pytest.raises(FailedError, match="Run r1 failed on node1") as caught:
        perform(DESK, PLAIN, **(NO | {"yes": True}))
    assert caught.value.cure.endswith("when it is put right: call the same command again")


def test_with_nothing_to_do_nothing_runs(desks: Desks) -> None:
    assert perform(DESK, Operation("x", "X", nothing="all is well"), **NO) is None
    assert desks.ran == []


def test_for_programs_the_plan_is_the_first_line(desks: Desks, capsys: pytest.CaptureFixture[str]) -> None:
    perform(DESK, RISKY, **(NO | {"as_json": True, "yes": True, "confirm": "node1"}))
    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert (told["kind"], told["title"], told["confirm"]) == ("operation", "Wipe /dev/sdb of node1", "node1")
    assert len(desks.ran) == 1


def test_options() -> None:
    @click.command()
    @operation_options
    def command(**given: Any) -> None:
        click.echo(json.dumps(given))

    from click.testing import CliRunner  # noqa: PLC0415

    done = CliRunner().invoke(command, ["-y", "--confirm", "osd.3", "--check", "--json"])
    assert json.loads(done.output) == {"yes": True, "confirm": "osd.3", "check": True, "as_json": True}
