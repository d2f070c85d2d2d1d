"""The layer's steps as the engine runs them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.errors import FailedError
from groundplane.layers.actions import ACTIONS, find_action
from groundplane.platform import actions
from groundplane.platform.actions import FLAVORS, SECURITY, PlatformAction
from groundplane.platform.flavors import Flavors
from groundplane.platform.scopes import Scopes

from .conftest import Desk  # noqa: TC001

if TYPE_CHECKING:
    from collections.abc import Iterator

    from groundplane.platform.rest import Rest


def test_every_action_of_the_layer_is_there() -> None:
    names = [name for name in ACTIONS if name.startswith("platform_")]
    assert len(names) == 7
    assert all(isinstance(find_action(name), PlatformAction) for name in names)


def test_a_step_looks_and_works_by_one_login(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    entered: list[float] = []

    @contextmanager
    def entering(_: object, *, seconds: float = 1.0) -> Iterator[str]:
        entered.append(seconds)
        yield "connection"

    def rest(connection: Any, **_: object) -> Rest:
        assert connection == "connection"
        return desk.cloud

    monkeypatch.setattr(actions, "cloud", entering)
    monkeypatch.setattr(actions, "Rest", rest)
    desk.declare(flavors=["SCS-1V-4"])
    assert FLAVORS.state(desk.site) == {"flavor SCS-1V-4": "missing"}
    assert len(SECURITY.state(desk.site)) == 5
    assert len(entered) == 2


def test_a_cloud_that_cant_be_asked_is_told_to_the_plan(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def closed(_: object, **__: object) -> Iterator[None]:
        raise FailedError("The cloud's API can't be reached from this machine")
        yield

    monkeypatch.setattr(actions, "cloud", closed)
    desk.declare()
    with pytest.raises(FailedError, match="can't be reached"):
        FLAVORS.state(desk.site)


def test_kinds_are_made_anew_for_each_look(desk: Desk) -> None:
    desk.declare(flavors=["SCS-1V-4"])
    action = PlatformAction(lambda site, rest, _: Flavors(site, desk.asked, rest, Scopes(rest)))
    assert action.kind(desk.site, desk.cloud, None) is not action.kind(desk.site, desk.cloud, None)
