from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundplane.errors import InputError, Place
from groundplane.layers.model import Graph, Layer, Need, Step
from groundplane.layers.selection import select, with_needs

PLACE = Place(Path("layers.yml"), 1)


def graph_of(layers: dict[str, dict[str, list[str]]]) -> Graph:
    steps = {
        f"{layer}.{name}": Step(
            f"{layer}.{name}", layer, name, "", Path("p.yml"), "all", PLACE, tuple(Need(need) for need in needs)
        )
        for layer, inner in layers.items()
        for name, needs in inner.items()
    }
    return Graph(
        {
            layer: Layer(layer, "", PLACE, steps=tuple(f"{layer}.{name}" for name in inner))
            for layer, inner in layers.items()
        },
        steps,
        tuple(steps),
    )


GRAPH = graph_of(
    {
        "ground": {"kernel": [], "docker": ["ground.kernel"], "verify": ["ground.docker"]},
        "upper": {"mon": ["ground.docker"], "verify": ["upper.mon"]},
    }
)


def test_layers_steps_and_short_names() -> None:
    assert select(GRAPH, ["upper"]) == {"upper.mon", "upper.verify"}
    assert select(GRAPH, ["ground.kernel", "mon"]) == {"ground.kernel", "upper.mon"}
    assert select(GRAPH, []) == set(GRAPH.steps)


def test_unknown_and_ambiguous_names() -> None:
    with pytest.raises(InputError) as caught:
        select(GRAPH, ["dokcer", "verify"])
    assert [problem.cure for problem in caught.value.problems] == [
        "Did you mean 'docker'?",
        "Say which: ground.verify, upper.verify.",
    ]


@given(st.lists(st.sampled_from([*GRAPH.layers, *GRAPH.steps])))
def test_selecting_more_never_selects_less(names: list[str]) -> None:
    whole = select(GRAPH, names)
    assert whole <= set(GRAPH.steps)
    if names:
        assert whole == frozenset().union(*(select(GRAPH, [name]) for name in names))
    assert with_needs(GRAPH, whole) >= whole
    assert with_needs(GRAPH, with_needs(GRAPH, whole)) == with_needs(GRAPH, whole)
