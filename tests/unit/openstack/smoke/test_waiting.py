"""Waiting with a clock of its own."""

from __future__ import annotations

import pytest

from groundplane.errors import CancelledError, FailedError
from groundplane.openstack.smoke.waiting import Patience


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def read(self) -> float:
        return self.now


def test_it_asks_until_there_is_an_answer() -> None:
    clock, answers = Clock(), iter([None, None, "yes"])
    assert Patience(lambda: False, clock.sleep, clock.read).until("it", lambda: next(answers), seconds=60) == "yes"
    assert 0.9 < clock.now < 2


def test_it_gives_up_in_time() -> None:
    clock = Clock()
    with pytest.raises(FailedError, match="The server is active within 30 seconds: no") as caught:
        Patience(lambda: False, clock.sleep, clock.read).until(
            "The server is active", lambda: None, seconds=30, cure="Look."
        )
    assert caught.value.cure == "Look."
    assert 30 < clock.now < 35


def test_it_stops_within_a_moment() -> None:
    clock = Clock()
    with pytest.raises(CancelledError):
        Patience(lambda: clock.now > 5, clock.sleep, clock.read).until("it", lambda: None, seconds=60)
    assert clock.now < 5.5
