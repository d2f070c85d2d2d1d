"""The login test as a command: its parts for people and for programs, and its exit code."""

from __future__ import annotations

import json
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from groundplane.checks.parts import Part
from groundplane.cli import operations, run_report
from groundplane.cli.identity import command
from groundplane.errors import FailedError
from groundplane.identity.checks import command as smoke

if TYPE_CHECKING:
    from collections.abc import Iterator

GOOD = Part("Log in on the command line, by device", 1.5, good=True, told="alice is member")
BAD = Part("Refuse a wrong password", 0.5, good=False, told="it lets somebody in")


class Desk:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: dict[str, Any] = {}
        self.parts = [GOOD]
        self.changes: bool | None = None

        @contextmanager
        def open_desk(_: Any) -> Iterator[Any]:
            yield SimpleNamespace(site="a site", connection=None)

        def stage(site: Any, **words: Any) -> Any:
            self.asked = {"site": site, **words}
            return SimpleNamespace(description="Logins"), self.parts

        def run(_desk: Any, operation: Any, *, changes: bool, **_: Any) -> Any:
            assert operation.command == "identity smoke"
            self.changes = changes
            return None

        def judge(*_: Any, **__: Any) -> None:
            if not all(part.good for part in self.parts):
                raise FailedError("it failed")

        monkeypatch.setattr(operations, "open_desk", open_desk)
        monkeypatch.setattr(operations, "run_operation", run)
        monkeypatch.setattr(run_report, "report", lambda *_: None)
        monkeypatch.setattr(run_report, "raise_unless_done", judge)
        monkeypatch.setattr(smoke, "smoke_stage", stage)

    def run(self, *words: str) -> Any:
        return CliRunner().invoke(command, ["smoke", *words])


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(monkeypatch)


def test_each_part_is_a_line(desk: Desk) -> None:
    done = desk.run()
    assert done.exit_code == 0, done.output
    assert all(word in done.output for word in (GOOD.name, GOOD.told, "✔"))
    assert (desk.asked["only_clean"], desk.changes) == (False, False)


def test_a_part_that_went_wrong_fails_the_command(desk: Desk) -> None:
    desk.parts.append(BAD)
    done = desk.run()
    assert isinstance(done.exception, FailedError)
    assert all(word in done.output for word in (BAD.name, BAD.told, "✘"))


def test_programs_get_data(desk: Desk) -> None:
    told = json.loads(desk.run("--json").output)
    assert told == {"kind": "smoke", "parts": [GOOD.as_data()]}


def test_cleaning_alone(desk: Desk) -> None:
    desk.run("--clean")
    assert desk.asked["only_clean"] is True
