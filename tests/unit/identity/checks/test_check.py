"""The login test from its beginning to its end: what it made is removed, whatever happens."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.checks.engine_checks import run_check
from groundplane.errors import CancelledError, FailedError
from groundplane.identity.checks import check as check_module
from groundplane.identity.checks.check import smoke
from groundplane.identity.configuration import IdentityConfiguration
from groundplane.machine.cancel import CancelToken
from groundplane.openstack.smoke.marks import made_at
from groundplane.run.events import EventKind, WorkState
from groundplane.run.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from groundplane.checks.engine_checks import CheckCall
    from groundplane.run.outcome import PlaybookOutcome

LEFT = "groundplane-smoke-20260101t000000z-abcdef"
MADE, GONE, LEFT_OVER = (
    "Make a customer: a realm with people, a domain with a project",
    "Remove all that the test made",
    "Remove what earlier tests left",
)


@dataclass
class FakeMaker:
    """Notes what is made and removed."""

    configuration: IdentityConfiguration = field(default_factory=IdentityConfiguration)
    doors: Any = None
    made: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    left: tuple[str, ...] = ()
    trouble: dict[str, Exception] = field(default_factory=dict)

    def make(self, customer: Any, said: str) -> None:
        assert said == "A smoke test by me@here; it may be removed: groundplane identity smoke --clean"
        self.made.append(customer.name)
        self._come("make")

    def remove(self, name: str, _seen: Iterable[str] = ()) -> None:
        self._come("remove")
        self.removed.append(name)

    def left_over(self, **_: Any) -> tuple[str, ...]:
        return self.left

    def session_count(self, _: Any) -> int:
        return 0

    def _come(self, what: str) -> None:
        if what in self.trouble:
            raise self.trouble[what]


class Bench:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.maker = FakeMaker()
        self.told: dict[str, tuple[str, str]] = {}
        self.trouble: Exception | None = None
        self.courses = 0

        @contextmanager
        def maker(*_: Any) -> Iterator[FakeMaker]:
            yield self.maker

        def course(**_: Any) -> Any:
            return SimpleNamespace(run=self._run)

        monkeypatch.setattr(check_module, "_maker", maker)
        monkeypatch.setattr(check_module, "Course", course)
        monkeypatch.setattr(check_module, "read_identity", lambda _: IdentityConfiguration())
        monkeypatch.setattr(check_module, "doors_of", lambda _: None)
        monkeypatch.setattr(check_module, "check_provider", lambda *_: None)

    def _run(self) -> None:
        self.courses += 1
        if self.trouble is not None:
            raise self.trouble

    def run(self, **options: Any) -> PlaybookOutcome:
        def work(call: CheckCall) -> None:
            smoke(call, **options)

        return run_check(
            work,
            cast("Any", None),
            ("manager",),
            steps=(),
            connection=cast("Any", None),
            memory=cast("Any", None),
            holder="me@here",
            minutes=1,
            redactor=Redactor([]),
            tell=self._tell,
            say=lambda _: None,
            cancel=CancelToken(),
        )

    def _tell(self, kind: EventKind, _host: str | None, task: str | None, data: dict[str, Any]) -> None:
        if kind is EventKind.TASK_RESULT:
            self.told[task or ""] = (str(data["status"]), str(data.get("reason", "")))


@pytest.fixture
def tester(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch)


def test_what_is_made_is_removed(tester: Bench) -> None:
    outcome = tester.run()
    assert outcome.hosts["manager"].state is WorkState.DONE
    (name,) = tester.maker.made
    assert tester.maker.removed == [name]
    assert made_at(name) is not None
    assert list(tester.told) == [MADE, GONE]


@pytest.mark.parametrize("trouble", [FailedError("broken"), CancelledError("stopped"), KeyError("a bug of ours")])
def test_it_is_removed_where_the_course_breaks_off(tester: Bench, trouble: Exception) -> None:
    tester.trouble = trouble
    try:
        outcome = tester.run()
    except KeyError:
        pass
    else:
        assert outcome.hosts["manager"].state is not WorkState.DONE
    assert tester.maker.removed == tester.maker.made


def test_it_is_removed_where_only_a_part_of_it_was_made(tester: Bench) -> None:
    tester.maker.trouble["make"] = FailedError("Keystone is away")
    outcome = tester.run()
    assert "Keystone is away" in outcome.hosts["manager"].reason
    assert tester.courses == 0
    assert tester.maker.removed == tester.maker.made


def test_what_can_not_be_removed_fails_a_test_that_went_well(tester: Bench) -> None:
    tester.maker.trouble["remove"] = FailedError("something is left", cure="later")
    assert "something is left" in tester.run().hosts["manager"].reason


def test_what_failed_first_is_what_counts(tester: Bench) -> None:
    tester.trouble = FailedError("nobody comes in")
    tester.maker.trouble["remove"] = FailedError("something is left")
    outcome = tester.run()
    assert outcome.error.startswith("nobody comes in")


def test_what_earlier_tests_left_goes_first(tester: Bench) -> None:
    tester.maker.left = (LEFT,)
    tester.run()
    assert tester.maker.removed == [LEFT, *tester.maker.made]
    assert tester.told[LEFT_OVER] == ("ok", LEFT)


def test_there_may_be_only_cleaning(tester: Bench) -> None:
    tester.run(only_clean=True)
    assert (tester.maker.made, tester.courses) == ([], 0)
    assert tester.told == {LEFT_OVER: ("ok", "there is nothing")}
