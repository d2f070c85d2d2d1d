from __future__ import annotations

from itertools import chain

import pytest

from groundplane import colours
from groundplane.checks.status import Standing
from groundplane.colours import ATTENTION, BAD, GOOD, NEW, state_style
from groundplane.run.events import RunState, WorkState


def test_a_state_has_one_colour() -> None:
    names = list(chain.from_iterable(colours._STATES.values()))
    assert len(names) == len(set(names))


@pytest.mark.parametrize("state", [*RunState, *WorkState, *Standing], ids=str)
def test_each_state_of_runs_and_layers_has_its_colour(state: str) -> None:
    assert state_style(state)


def test_the_first_of_several_words_counts() -> None:
    assert state_style("held_back") == ATTENTION
    assert state_style("up, in") == GOOD
    assert state_style("down, out") == BAD
    assert state_style("never applied") == NEW
    assert state_style("who knows") == ""
