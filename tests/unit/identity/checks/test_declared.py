"""What isn't as declared is told; some steps alone may be asked for."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.checks.engine_checks import CheckCall
from groundplane.errors import CancelledError
from groundplane.identity.checks import declared
from groundplane.platform.reconcile import Found

if TYPE_CHECKING:
    from collections.abc import Iterator

REALMS, CUSTOMERS = "Realms, and what is in them", "Customers' domains, projects, groups and roles"


def call(*steps: str, stopped: bool = False) -> CheckCall:
    nothing = cast("Any", None)
    return CheckCall(
        site=nothing,
        hosts=("node1",),
        steps=steps,
        connection=nothing,
        memory=nothing,
        holder="me@here",
        say=lambda _: None,
        hide=lambda _: None,
        stopped=lambda: stopped,
        insisted=lambda: False,
        tell=lambda *_: None,
    )


@pytest.fixture(autouse=True)
def sides(monkeypatch: pytest.MonkeyPatch) -> None:
    """A realm that is missing, a domain that differs."""

    @contextmanager
    def entered(*_: Any, **__: Any) -> Iterator[None]:
        yield None

    def thing(name: str, found: Found | None) -> Any:
        return SimpleNamespace(name=name, wanted={"enabled": True}, look=lambda: found)

    realm, domain = thing("realm acme", None), thing("domain acme", Found("1", {"enabled": False}))
    monkeypatch.setattr(declared, "keycloak", entered)
    monkeypatch.setattr(declared, "cloud", entered)
    monkeypatch.setattr(declared, "read_identity", lambda _: None)
    monkeypatch.setattr(declared, "Rest", lambda _: None)
    monkeypatch.setattr(declared, "Realms", lambda *_: SimpleNamespace(things=lambda: [realm]))
    monkeypatch.setattr(declared, "Customers", lambda *_: SimpleNamespace(things=lambda: [domain]))


def told(made: CheckCall) -> dict[str, list[str]]:
    return {task.name: [what for wrong in task.problems.values() for what in wrong] for task, _ in made.tasks}


def test_both_sides_are_compared() -> None:
    made = call()
    declared.check(made)
    assert told(made) == {
        REALMS: ["the realm acme is missing"],
        CUSTOMERS: ["the domain acme isn't as declared: enabled no → yes"],
    }


@pytest.mark.parametrize(("step", "task"), [("realms", REALMS), ("customers", CUSTOMERS)])
def test_one_step_alone(step: str, task: str) -> None:
    made = call(step)
    declared.check(made)
    assert list(told(made)) == [task]


def test_other_steps_have_nothing_to_compare() -> None:
    made = call("keycloak")
    declared.check(made)
    assert told(made) == {}


def test_it_can_be_stopped() -> None:
    with pytest.raises(CancelledError):
        declared.check(call(stopped=True))
