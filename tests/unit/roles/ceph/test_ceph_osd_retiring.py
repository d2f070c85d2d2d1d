"""Taking an OSD out of service: what keeps it, and the words for it."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

retiring: Any = importlib.import_module("ceph_osd_retiring")


class Session:
    def __init__(self, *, up: int = 1, state: str = "exists", pgs: str = "active+clean", refuses: str = "") -> None:
        self.osd = {"osd": 4, "up": up, "in": 1, "state": [state]}
        self.pgs = pgs
        self.refuses = [refuses] if refuses else []
        self.asked: list[str] = []

    def call(self, prefix: str, **_: Any) -> Any:
        if prefix == "osd dump":
            return {"osds": [self.osd]}
        if prefix == "status":
            return {"pgmap": {"pgs_by_state": [{"state_name": self.pgs, "count": 7}]}}
        if prefix == "osd df":
            return {"nodes": [{"id": 4, "pgs": 3}]}
        if prefix in self.refuses:
            raise retiring.CephError("(16) unsafe", -16)
        return {}

    def text(self, prefix: str, **_: Any) -> str:
        self.asked.append(prefix)
        if prefix == "osd down":
            self.osd["up"] = 0
        return ""


def test_an_osd_that_can_be_spared_is_ready() -> None:
    assert retiring.hindrance(Session(), 4) == ""


def test_one_that_runs_and_is_needed_stays() -> None:
    assert "can't do without osd.4" in retiring.hindrance(Session(refuses="osd ok-to-stop"), 4)


def test_one_that_is_down_may_have_the_only_copy() -> None:
    assert "7 placement groups" in retiring.hindrance(Session(up=0, pgs="down"), 4)
    assert retiring.hindrance(Session(up=0, pgs="active+undersized+degraded"), 4) == ""


def test_destroying_takes_it_down_first() -> None:
    session = Session()
    assert retiring.destroy(session, 4, dry=False) == ["osd.4 was marked destroyed; its id waits for a new disk"]
    assert session.asked == ["osd down", "osd destroy"]


def test_what_is_destroyed_stays_so() -> None:
    session = Session(up=0, state="destroyed")
    assert retiring.destroy(session, 4, dry=False) == []
    assert session.asked == []


def test_check_mode_only_says_it() -> None:
    session = Session()
    assert retiring.destroy(session, 4, dry=True)
    assert retiring.drain(session, 4, stalled=0, dry=True)
    assert session.asked == []


def test_draining_gives_up_where_nothing_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retiring.time, "sleep", lambda _seconds: None)
    with pytest.raises(retiring.CephError, match="still holds 3 placement groups"):
        retiring.drain(Session(refuses="osd safe-to-destroy"), 4, stalled=0, dry=False)


def test_draining_ends_when_it_is_empty() -> None:
    session = Session()
    retiring.drain(session, 4, stalled=0, dry=False)
    assert session.asked == ["osd out"]


def test_an_osd_that_isnt_there_is_told() -> None:
    with pytest.raises(retiring.CephError, match=r"no osd\.5"):
        retiring.entry(Session(), 5)
