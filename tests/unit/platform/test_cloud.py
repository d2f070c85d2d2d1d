"""One login for all steps of a plan, and one wait where nobody answers."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.errors import FailedError
from groundplane.openstack.api import Entrance
from groundplane.platform import cloud as module
from groundplane.platform.cloud import cloud, forget_logins

from .conftest import Desk  # noqa: TC001

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    forget_logins()
    yield
    forget_logins()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The `auth` that each connection was opened with."""
    found: list[Any] = []

    def open_connection(*_: object, auth: object = None, **__: object) -> Any:
        found.append(auth)
        session = SimpleNamespace(auth=auth or object())
        return SimpleNamespace(session=session, authorize=lambda: "token", close=lambda: None)

    monkeypatch.setattr(module, "open_connection", open_connection)
    monkeypatch.setattr(module, "reachable_entrance", lambda _: Entrance("public", "https://x", "x", 5000, "R"))
    return found


def test_the_second_step_comes_in_by_the_firsts_login(desk: Desk, opened: list[Any]) -> None:
    desk.declare()
    site = desk.site
    with cloud(site), cloud(site):
        pass
    first, second, third = opened
    assert first is None
    assert second is third is not None


def test_another_password_is_another_login(desk: Desk, opened: list[Any]) -> None:
    desk.declare()
    with cloud(desk.site):
        pass
    desk.secrets["keystone_admin_password"] = "b"
    with cloud(desk.site):
        pass
    assert opened.count(None) == 2


def test_a_cloud_that_doesnt_answer_is_waited_for_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[int] = []

    def unreachable(_: object) -> Entrance:
        waited.append(1)
        raise FailedError("The cloud's API can't be reached from this machine")

    monkeypatch.setattr(module, "reachable_entrance", unreachable)
    desk.declare()
    for _ in range(3):
        with pytest.raises(FailedError, match="can't be reached"), cloud(desk.site):
            pass
    assert len(waited) == 1
    later = time.monotonic() + module.REMEMBERED_SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    with pytest.raises(FailedError), cloud(desk.site):
        pass
    assert len(waited) == 2


def test_the_sdks_complaints_become_ours(desk: Desk, opened: list[Any]) -> None:
    from openstack.exceptions import SDKException  # noqa: PLC0415 - heavy

    desk.declare()
    with pytest.raises(FailedError, match="The cloud refuses") as caught, cloud(desk.site):
        raise SDKException("quota exceeded")
    assert caught.value.why == "quota exceeded"
