from __future__ import annotations

from groundplane.checks.status import Standing
from groundplane.layers.marks import WORDS
from groundplane.overview.model import LayerState, LayerView
from groundplane.run.events import WorkState


def test_the_words_are_those_of_status_and_of_drawings() -> None:
    known = (
        {one.value for one in Standing} | {WorkState.RUNNING.value} | {text.split(",")[0] for text in WORDS.values()}
    )
    assert {state.value for state in LayerState} <= known


def test_a_layer_stands_as_its_worst_step() -> None:
    steps = {"one": LayerState.UP_TO_DATE, "two": LayerState.CHANGED, "three": LayerState.NEVER}
    layer = LayerView("a", steps)
    assert layer.state is LayerState.CHANGED
    assert layer.named(LayerState.CHANGED) == ("two",)
    assert LayerView("a").state is LayerState.NEVER
