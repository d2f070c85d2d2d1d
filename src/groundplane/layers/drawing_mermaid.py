"""The graph in Mermaid's language, for pages that render it (a merge request, a wiki)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.counting import counted
from groundplane.layers.marks import SYMBOLS, StepMark, StepState
from groundplane.layers.order import reduced

if TYPE_CHECKING:
    from collections.abc import Mapping

    from groundplane.layers.model import Graph

_CLASSES = {
    StepState.UP_TO_DATE: "fill:#dcfce7,stroke:#15803d,color:#14532d",
    StepState.TO_DO: "fill:#fef3c7,stroke:#b45309,color:#78350f",
    StepState.FAILED: "fill:#fee2e2,stroke:#b91c1c,color:#7f1d1d",
    StepState.NEVER: "fill:#f1f5f9,stroke:#64748b,color:#1e293b,stroke-dasharray:4 3",
    StepState.APPLIED: "fill:#dbeafe,stroke:#1d4ed8,color:#1e3a8a",
}


def draw_mermaid(graph: Graph, marks: Mapping[str, StepMark]) -> str:
    """A flowchart: layers as subgraphs, steps coloured by their state, needs as arrows without those that follow."""
    needs = reduced({id_: [need.step for need in step.needs] for id_, step in graph.steps.items()})
    lines = ["flowchart LR"]
    for layer in graph.layers.values():
        lines.append(f'  subgraph {_id(layer.name)}["{_text(layer.name)}"]')
        for id_ in layer.steps:
            mark = marks.get(id_, StepMark(StepState.NEVER))
            about = mark.text or counted(len(graph.hosts[id_]), "host")
            label = f"{SYMBOLS[mark.state]} <b>{_text(graph.steps[id_].name)}</b><br/>{_text(about)}"
            lines.append(f'    {_id(id_)}["{label}"]:::{mark.state}')
        lines.append("  end")
    edges = [(need, id_) for id_ in graph.order for need in needs[id_]]
    for need, id_ in edges:
        if graph.steps[need].layer == graph.steps[id_].layer:
            lines.append(f"  {_id(need)} --> {_id(id_)}")
    for layer in graph.layers.values():
        lines += [f"  {_id(need)} ==> {_id(layer.name)}" for need in layer.needs]
    lines += [f"  classDef {state} {style}" for state, style in _CLASSES.items()]
    return "\n".join(lines) + "\n"


def _id(name: str) -> str:
    """Names that Mermaid takes for its own words (end, graph) get a harmless ending as well."""
    return "s_" + "".join(letter if letter.isalnum() else "_" for letter in name)


def _text(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
