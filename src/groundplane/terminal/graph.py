"""The graph as a tree for the terminal: layers, their steps in order, what each waits for and how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from groundplane.colours import ATTENTION, BAD, GOOD, NEW, QUIET
from groundplane.counting import counted
from groundplane.layers.marks import SYMBOLS, WORDS, StepMark, StepState
from groundplane.layers.order import reduced

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import RenderableType

    from groundplane.layers.model import Graph, Layer

STYLES = {
    StepState.UP_TO_DATE: GOOD,
    StepState.TO_DO: ATTENTION,
    StepState.FAILED: BAD,
    StepState.NEVER: NEW,
    StepState.APPLIED: QUIET,
}
DESCRIBED_FROM = 110
"""Columns from which there is room for descriptions."""


def draw_terminal(graph: Graph, marks: Mapping[str, StepMark], *, width: int) -> RenderableType:
    """A tree; steps without a mark count as never applied. `width` is the terminal's, in columns."""
    within = {
        id_: [need.step for need in step.needs if graph.steps[need.step].layer == step.layer]
        for id_, step in graph.steps.items()
    }
    needs = reduced(within)
    parts: list[RenderableType] = []
    for layer in graph.layers.values():
        parts += [_heading(layer, width), _steps(graph, layer, needs, marks, width), Text()]
    used = {marks[id_].state if id_ in marks else StepState.NEVER for id_ in graph.order}
    parts.append(Text("   ").join(_legend(state) for state in StepState if state in used))
    return Group(*parts)


def _heading(layer: Layer, width: int) -> Text:
    text = Text.assemble((layer.name, "bold"))
    if layer.needs:
        text.append(f"  after {', '.join(layer.needs)}", "dim")
    if layer.description:
        text.append(f"  {layer.description}", "dim")
    text.truncate(width, overflow="ellipsis")
    return text


def _steps(
    graph: Graph, layer: Layer, needs: Mapping[str, tuple[str, ...]], marks: Mapping[str, StepMark], width: int
) -> Table:
    rows: list[tuple[Text, Text, Text, Text]] = []
    for index, id_ in enumerate(layer.steps):
        step = graph.steps[id_]
        mark = marks.get(id_, StepMark(StepState.NEVER))
        style = STYLES[mark.state]
        branch = "└─ " if index == len(layer.steps) - 1 else "├─ "
        name = Text.assemble((branch, "dim"), (SYMBOLS[mark.state] + " ", style), (step.name, style))
        waits = ", ".join(graph.steps[need].name for need in needs[id_])
        about = Text(mark.text or counted(len(graph.hosts[id_]), "host"))
        rows.append((name, about, Text(f"after {waits}" if waits else ""), Text(step.description, "dim")))
    described = width >= DESCRIBED_FROM
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    for column in range(3):
        # Names are never cut; where room is short, the description is.
        widest = max((row[column].cell_len for row in rows), default=0)
        table.add_column(min_width=widest if described or column < 2 else None, overflow="fold")  # noqa: PLR2004
    if described:
        table.add_column(no_wrap=True, overflow="ellipsis")
    for row in rows:
        table.add_row(*(row if described else row[:3]))
    return table


def _legend(state: StepState) -> Text:
    return Text.assemble((SYMBOLS[state] + " ", STYLES[state]), (WORDS[state], "dim"))
