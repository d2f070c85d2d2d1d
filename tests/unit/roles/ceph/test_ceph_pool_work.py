"""How planned pools are made: in which order, and side by side."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

work: Any = importlib.import_module("ceph_pool_work")
pools: Any = importlib.import_module("ceph_pool")


class FakeSession:
    """Notes what it is asked to do; `answers` by the command's words."""

    sent: list[str]
    opened = 0
    answers: dict[str, Any]

    def __init__(self, _cluster: object = None) -> None:
        type(self).opened += 1

    def __enter__(self) -> FakeSession:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def text(self, prefix: str, **arguments: Any) -> str:
        self.sent.append(f"{prefix} {arguments['name']}")
        return ""

    def call(self, prefix: str, **_arguments: Any) -> Any:
        return self.answers[prefix]


@pytest.fixture
def initialised(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    FakeSession.sent, FakeSession.opened = [], 0
    monkeypatch.setattr(work, "Session", FakeSession)
    monkeypatch.setattr(work, "initialise_pools", lambda _cluster, fresh: found.extend(fresh))
    return found


def change(name: str, *, pool: str = "", **more: Any) -> Any:
    return pools.Change(name, (pools.Command("set", {"name": name}),), pool, **more)


def test_rules_come_before_pools_and_rbd_after_them(initialised: list[str]) -> None:
    changes = [change("rule"), change("a", pool="a", initialise=True), change("b", pool="b")]
    work.make_pools(None, FakeSession(), [], changes)
    assert FakeSession.sent[0] == "set rule"
    assert sorted(FakeSession.sent[1:]) == ["set a", "set b"]
    assert initialised == ["a"]


def test_one_pool_needs_no_further_connection(initialised: list[str]) -> None:
    work.make_pools(None, FakeSession(), [], [change("a", pool="a"), change("a2", pool="a")])
    assert FakeSession.sent == ["set a", "set a2"]
    assert FakeSession.opened == 1
    assert initialised == []


def test_many_pools_share_few_connections(initialised: list[str]) -> None:
    work.make_pools(None, FakeSession(), [], [change(str(number), pool=str(number)) for number in range(20)])
    assert len(FakeSession.sent) == 20
    assert FakeSession.opened == 1 + work.SIDE_BY_SIDE
    assert initialised == []


def test_what_a_new_pool_lacks_is_seen_once_it_is_there(
    initialised: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "look", lambda _session, _wanted: "standing")
    monkeypatch.setattr(work, "plan_pools", lambda _wanted, _now: ([change("min_size", pool="a", initialise=True)], []))
    work.make_pools(None, FakeSession(), [], [change("a", pool="a", made=True)])
    assert FakeSession.sent == ["set a", "set min_size"]
    assert initialised == ["a"]
