"""verify compares the cloud with what is declared, step by step."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.errors import CancelledError
from groundplane.platform import check as module
from groundplane.platform.actions import BY_STEP
from groundplane.platform.check import TASKS, check
from groundplane.platform.flavors import Flavors
from groundplane.platform.scopes import Scopes

from .conftest import TOOLKIT, Desk

if TYPE_CHECKING:
    from collections.abc import Iterator


class Call:
    """What is asked, and what was found wrong by task."""

    def __init__(self, desk: Desk, *steps: str, stopped: bool = False) -> None:
        self.site = desk.site
        self.steps = steps
        self.wrong: dict[str, list[str]] = {}
        self._stopped = stopped

    def stopped(self) -> bool:
        return self._stopped

    @contextmanager
    def task(self, name: str) -> Iterator[Any]:
        found = self.wrong.setdefault(name, [])
        yield SimpleNamespace(wrong=lambda _host, what: found.append(what))


@pytest.fixture(autouse=True)
def _in_the_cloud(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def entering(_: object) -> Iterator[None]:
        yield None

    monkeypatch.setattr(module, "cloud", entering)
    monkeypatch.setattr(module, "Rest", lambda _: desk.cloud)


def asked(desk: Desk, *steps: str) -> dict[str, list[str]]:
    call = Call(desk, *steps)
    check(call)  # type: ignore[arg-type]
    return call.wrong


def test_every_step_of_the_layer_is_compared() -> None:
    text = (TOOLKIT / "playbooks/layers.yml").read_text()
    assert all(f"action: platform_{step}\n" in text for step in BY_STEP)
    assert set(TASKS) == set(BY_STEP)


def test_what_is_missing_and_what_differs(desk: Desk) -> None:
    desk.declare(flavors=["SCS-1V-4", "SCS-1L-1"], security_group_rules=[])
    desk.apply(lambda one: Flavors(one.site, one.asked, one.cloud, Scopes(one.cloud)))
    assert not any(asked(desk).values())
    desk.cloud.named("flavors", "SCS-1V-4")["ram"] = 512
    gone = desk.cloud.named("flavors", "SCS-1L-1")
    del desk.cloud.lists["flavors"][gone["id"]]
    assert asked(desk, "flavors") == {
        "Flavors": [
            "the flavor SCS-1V-4 isn't as declared: RAM in MiB 512 → 4096",
            "the flavor SCS-1L-1 is missing",
        ]
    }


def test_it_stops_where_it_is_asked_to(desk: Desk) -> None:
    desk.declare()
    with pytest.raises(CancelledError):
        check(Call(desk, stopped=True))  # type: ignore[arg-type]
