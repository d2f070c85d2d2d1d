"""The step as the engine runs it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.errors import FailedError
from groundplane.identity.keycloak import actions
from groundplane.identity.keycloak.actions import REALMS
from groundplane.layers.actions import ActionCall, ActionPlaces, find_action

from .conftest import Office  # noqa: TC001

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def entered(office: Office, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    @contextmanager
    def entering(_: object, **words: Any) -> Iterator[object]:
        found.append(words)
        yield office.keycloak

    monkeypatch.setattr(actions, "keycloak", entering)
    return found


def test_the_engine_finds_the_action() -> None:
    assert find_action("identity_realms") is REALMS


def test_a_plan_and_a_run(office: Office, entered: list[dict[str, Any]]) -> None:
    assert REALMS.state(office.site)["realm acme"] == "missing"
    told: list[str] = []
    call = ActionCall(
        site=office.site,
        hosts=("node1",),
        places=ActionPlaces(cache=office.folder.path, memory=office.folder.path),
        check=False,
        begin=lambda _: None,
        report=lambda task, **_: told.append(task),
        say=lambda _: None,
        stopped=lambda: False,
    )
    REALMS.carry_out(call)
    assert "Realm acme" in told
    assert REALMS.departures(office.site) == []
    state = REALMS.state(office.site)
    assert state["realm acme"].startswith(
        "display name Acme; enabled yes; TLS demanded all; password policy length(12)"
    )
    assert "hush" not in str(state)
    assert [words.get("bootstrap", False) for words in entered] == [False, True, False, False]


def test_a_keycloak_that_cant_be_asked_is_told(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def closed(_: object, **__: object) -> Iterator[None]:
        raise FailedError("Keycloak can't be asked")
        yield

    monkeypatch.setattr(actions, "keycloak", closed)
    with pytest.raises(FailedError, match="can't be asked"):
        REALMS.state(office.site)
