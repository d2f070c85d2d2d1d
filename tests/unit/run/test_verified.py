"""A part of a layer isn't the layer."""

from __future__ import annotations

import pytest

from groundplane.run.events import WorkState
from groundplane.run.verified import said_of_layers, verify_plan

DONE, FAILED, CANCELLED, RUNNING = WorkState.DONE, WorkState.FAILED, WorkState.CANCELLED, WorkState.RUNNING


@pytest.mark.parametrize(
    ("whole", "states", "said"),
    [
        (["a"], {"a.verify": DONE, "a.smoke": DONE}, {"a": True}),
        (["a"], {"a.verify": DONE, "a.smoke": FAILED}, {"a": False}),
        # Some steps, some hosts, or not all checks.
        ([], {"a.verify": DONE}, {}),
        ([], {"a.verify": WorkState.UNREACHABLE}, {"a": False}),
        # It said nothing yet, or nothing any more.
        (["a"], {"a.verify": DONE, "a.smoke": RUNNING}, {}),
        (["a"], {"a.verify": CANCELLED}, {}),
        (["b"], {"a.verify": DONE, "b.verify": DONE}, {"b": True}),
    ],
)
def test_what_a_run_says_of_layers(whole: list[str], states: dict[str, WorkState], said: dict[str, bool]) -> None:
    assert said_of_layers(verify_plan(whole), states.items()) == said


def test_what_an_earlier_version_left_out_is_not_known() -> None:
    assert said_of_layers("", [("a.verify", DONE), ("b.verify", FAILED)]) == {"b": False}
