from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from groundplane.errors import Place
from groundplane.layers.drawing_mermaid import draw_mermaid
from groundplane.layers.drawing_svg import draw_svg
from groundplane.layers.marks import StepMark, StepState
from groundplane.layers.model import Graph, Layer, Need, Step

PLACE = Place(Path("layers.yml"), 1)
NEEDS = {
    "ground.end": (),
    "ground.b": ("ground.end",),
    "ground.c": ("ground.end", "ground.b"),
    "upper.d": ("ground.c",),
}


def step(id_: str) -> Step:
    layer, _, name = id_.partition(".")
    needs = tuple(Need(need) for need in NEEDS[id_])
    return Step(id_, layer, name, f"What <{id_}> does", Path("p.yml"), "all", PLACE, needs)


STEPS = {id_: step(id_) for id_ in NEEDS}
GRAPH = Graph(
    {
        "ground": Layer("ground", "Metal & wires", PLACE, (), ("ground.end", "ground.b", "ground.c")),
        "upper": Layer("upper", "Clouds", PLACE, ("ground",), ("upper.d",)),
    },
    STEPS,
    tuple(STEPS),
    dict.fromkeys(STEPS, ("node1", "node2")),
)
MARKS = {
    "ground.end": StepMark(StepState.UP_TO_DATE, "2 hosts"),
    "ground.b": StepMark(StepState.FAILED, "failed on 1 of 2 hosts"),
}


def test_mermaid_has_every_step_its_class_and_no_superfluous_arrow() -> None:
    text = draw_mermaid(GRAPH, MARKS)
    assert text.startswith("flowchart LR\n")
    assert '  s_ground_end["✔ <b>end</b><br/>2 hosts"]:::up_to_date' in text
    assert "  s_ground_b --> s_ground_c\n" in text
    assert "s_ground_end --> s_ground_c" not in text
    assert "  s_ground ==> s_upper\n" in text
    assert set(re.findall(r":::(\w+)", text)) <= set(re.findall(r"classDef (\w+)", text))


@pytest.mark.parametrize("graph", [GRAPH, Graph({}, {}, ())])
def test_the_svg_is_well_formed_and_stands_alone(graph: Graph) -> None:
    text = draw_svg(graph, MARKS, title="a <site>")
    root = ET.fromstring(text)  # noqa: S314 - our own
    assert root.tag.endswith("svg")
    assert "href" not in text.replace("xmlns", "")
    for id_ in graph.order:
        assert f"{id_}: " in text


def test_the_svg_shows_states_and_tells_more_on_hover() -> None:
    text = draw_svg(GRAPH, MARKS)
    assert '<g class="failed"' in text
    assert "What &lt;ground.b&gt; does" in text
    assert "Metal &amp; wires" in text
    assert 'viewBox="0 0 ' in text
