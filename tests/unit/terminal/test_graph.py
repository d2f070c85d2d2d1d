"""The graph as a tree."""

from __future__ import annotations

import io

from rich.console import Console

from groundplane.terminal.graph import draw_terminal
from tests.unit.layers.test_drawing import GRAPH, MARKS


def tree(width: int) -> str:
    out = io.StringIO()
    Console(file=out, width=width, no_color=True).print(draw_terminal(GRAPH, MARKS, width=width))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def test_the_tree_names_needs_and_states_and_fits() -> None:
    assert tree(60) == (
        "ground  Metal & wires\n"
        "├─ ✔ end  2 hosts\n"
        "├─ ✘ b    failed on 1 of 2 hosts  after end\n"
        "└─ ○ c    2 hosts                 after b\n"
        "\n"
        "upper  after ground  Clouds\n"
        "└─ ○ d  2 hosts\n"
        "\n"
        "✔ up to date   ✘ failed   ○ never applied"
    )
    assert "What <upper.d> does" in tree(120)
