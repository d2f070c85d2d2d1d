"""The graph as an SVG that stands alone: layers as panels from top to bottom, steps in them from left to right."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from groundplane.counting import counted
from groundplane.layers.marks import SYMBOLS, WORDS, StepMark, StepState
from groundplane.layers.order import reduced
from groundplane.layers.placement import Placement, place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from groundplane.layers.model import Graph, Layer, Step

BOX_WIDTH, BOX_HEIGHT = 184, 50
COLUMN, ROW = BOX_WIDTH + 54, BOX_HEIGHT + 18
MARGIN, PADDING, HEADING, LEGEND, GAP, LANE = 20, 20, 50, 40, 34, 10
_LETTER, _BOLD_LETTER = 5.9, 7.8
"""Mean widths in pixels at 11 and 13 pixels; the fonts of the one who looks are unknown."""

_COLOURS = {
    StepState.UP_TO_DATE: ("#16a34a", "#4ade80"),
    StepState.TO_DO: ("#d97706", "#fbbf24"),
    StepState.FAILED: ("#dc2626", "#f87171"),
    StepState.NEVER: ("#64748b", "#94a3b8"),
    StepState.APPLIED: ("#2563eb", "#60a5fa"),
}
"""On a light and on a dark ground."""


_LIGHT = {"ground": "#ffffff", "panel": "#f8fafc", "line": "#dbe2ea", "box": "#ffffff", "text": "#0f172a"}
_LIGHT |= {"dim": "#64748b", "arrow": "#94a3b8"}
_DARK = {"ground": "#0b1120", "panel": "#111827", "line": "#334155", "box": "#1e293b", "text": "#f1f5f9"}
_DARK |= {"dim": "#94a3b8", "arrow": "#64748b"}


def _style() -> str:
    """Light, and dark where the viewer's own style is dark. No CSS variables: many converters don't know them."""
    return (
        "svg{font-family:system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif}"
        ".name{font-size:13px;font-weight:600}.about{font-size:11px}.layer{font-size:15px;font-weight:700}"
        ".symbol{font-size:13px}.arrow{fill:none;stroke-width:1.4}.between{stroke-width:2}"
        ".never .box{stroke-dasharray:4 3}"
        f"{_colours(_LIGHT, 0)}@media (prefers-color-scheme:dark){{{_colours(_DARK, 1)}}}"
    )


def _colours(of: Mapping[str, str], ground: int) -> str:
    states = "".join(
        f".{state} .bar,.{state} .symbol{{fill:{both[ground]}}}.{state} .box{{stroke:{both[ground]}}}"
        for state, both in _COLOURS.items()
    )
    return (
        f".ground{{fill:{of['ground']}}}.panel{{fill:{of['panel']};stroke:{of['line']}}}"
        f".box{{fill:{of['box']}}}.name,.layer{{fill:{of['text']}}}.about{{fill:{of['dim']}}}"
        f".arrow{{stroke:{of['arrow']}}}.head{{fill:{of['arrow']}}}{states}"
    )


_ARROW_HEAD = (
    '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path class="head" d="M0 0 8 4 0 8z"/></marker></defs>'
)


@dataclass(frozen=True, slots=True)
class _Panel:
    """A layer's place on the drawing."""

    layer: Layer
    placement: Placement
    top: float
    height: float


def draw_svg(graph: Graph, marks: Mapping[str, StepMark], *, title: str = "") -> str:
    """A whole SVG document. Steps without a mark count as never applied."""
    inner = reduced(
        {
            id_: [need.step for need in step.needs if graph.steps[need.step].layer == step.layer]
            for id_, step in graph.steps.items()
        }
    )
    panels = _panels(graph, inner)
    columns = max((panel.placement.width for panel in panels), default=1)
    width = max(2 * (MARGIN + PADDING) + columns * COLUMN - (COLUMN - BOX_WIDTH), 560)
    bottom = panels[-1].top + panels[-1].height if panels else MARGIN
    height = bottom + LEGEND + MARGIN / 2
    passing = _passing(graph)
    whole = width + LANE * len(passing)
    size = f'viewBox="0 0 {whole} {height:.0f}" width="{whole}" height="{height:.0f}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        f"<title>{escape(title or 'Layers and steps')}</title>",
        f"<style>{_style()}</style>",
        _ARROW_HEAD,
        f'<rect class="ground" width="{whole}" height="{height:.0f}"/>',
        *_between_layers(panels, passing, width),
    ]
    for panel in panels:
        parts += _draw_panel(graph, panel, marks, width)
    parts += [*_legend(graph, marks, bottom), "</svg>"]
    return "\n".join(parts) + "\n"


def _panels(graph: Graph, needs: Mapping[str, tuple[str, ...]]) -> list[_Panel]:
    panels = []
    top = float(MARGIN)
    for layer in graph.layers.values():
        placement = place({id_: needs[id_] for id_ in layer.steps})
        height = HEADING + max(placement.height, 1) * ROW - (ROW - BOX_HEIGHT) + PADDING
        panels.append(_Panel(layer, placement, top, height))
        top += height + GAP
    return panels


def _passing(graph: Graph) -> list[tuple[str, str]]:
    """Layers and those that need them with others in between: their arrows run beside the panels."""
    at = {name: index for index, name in enumerate(graph.layers)}
    return [(need, name) for name, layer in graph.layers.items() for need in layer.needs if at[need] < at[name] - 1]


def _between_layers(panels: list[_Panel], passing: list[tuple[str, str]], width: float) -> list[str]:
    """An arrow from each layer to those that need it; each that passes others has a lane of its own at the right."""
    by_name = {panel.layer.name: panel for panel in panels}
    lines = []
    for panel in panels:
        for need in panel.layer.needs:
            start = by_name[need]
            y, end = start.top + start.height, panel.top - 1
            if (need, panel.layer.name) not in passing:
                path = f"M{width / 2} {y:.1f}V{end:.1f}"
            else:
                lane = passing.index((need, panel.layer.name))
                x, side = width - MARGIN - 30 - lane * LANE, width - MARGIN + LANE * (lane + 1)
                path = f"M{x} {y:.1f}V{y + 8 + 3 * lane:.1f}H{side}V{end - 18 + 3 * lane:.1f}H{x}V{end:.1f}"
            lines.append(f'<path class="arrow between" marker-end="url(#head)" d="{path}"/>')
    return lines


def _draw_panel(graph: Graph, panel: _Panel, marks: Mapping[str, StepMark], width: float) -> list[str]:
    layer, left = panel.layer, MARGIN + PADDING
    title_width = len(layer.name) * 9 + 14
    room = int((width - 2 * left - title_width) / (_LETTER * 1.1))
    size = f'width="{width - 2 * MARGIN}" height="{panel.height:.1f}"'
    line = f'y="{panel.top + 29:.1f}"'
    lines = [
        f'<rect class="panel" x="{MARGIN}" y="{panel.top:.1f}" {size} rx="12"/>',
        f'<text class="layer" x="{left}" {line}>{escape(layer.name)}</text>',
        f'<text class="about" x="{left + title_width}" {line}>{escape(_cut(layer.description, room))}</text>',
    ]
    for (start, end), way in panel.placement.arrows.items():
        points = [_corner(panel, start, right=True), *(_waypoint(panel, *point) for point in way)]
        lines.append(_arrow([*points, _corner(panel, end, right=False)]))
    for id_ in layer.steps:
        mark = marks.get(id_, StepMark(StepState.NEVER))
        lines.append(_box(graph.steps[id_], mark, len(graph.hosts[id_]), _top_left(panel, id_)))
    return lines


def _top_left(panel: _Panel, id_: str) -> tuple[float, float]:
    x = MARGIN + PADDING + panel.placement.columns[id_] * COLUMN
    return x, panel.top + HEADING + panel.placement.rows[id_] * ROW


def _corner(panel: _Panel, id_: str, *, right: bool) -> tuple[float, float]:
    x, y = _top_left(panel, id_)
    return x + (BOX_WIDTH if right else -2), y + BOX_HEIGHT / 2


def _waypoint(panel: _Panel, column: int, row: float) -> tuple[float, float]:
    return MARGIN + PADDING + column * COLUMN, panel.top + HEADING + row * ROW + BOX_HEIGHT / 2


def _arrow(points: list[tuple[float, float]]) -> str:
    """A curve through gaps between columns, straight where it passes beside a column's boxes."""
    x, y = points[0]
    path = f"M{x:.1f} {y:.1f}"
    for index, (next_x, next_y) in enumerate(points[1:], 1):
        middle = (x + next_x) / 2
        path += f"C{middle:.1f} {y:.1f} {middle:.1f} {next_y:.1f} {next_x:.1f} {next_y:.1f}"
        x, y = next_x, next_y
        if index < len(points) - 1:
            x += BOX_WIDTH
            path += f"H{x:.1f}"
    return f'<path class="arrow" marker-end="url(#head)" d="{path}"/>'


def _box(step: Step, mark: StepMark, hosts: int, corner: tuple[float, float]) -> str:
    x, y = corner
    about = mark.text or counted(hosts, "host")
    told = f"{step.id}: {WORDS[mark.state]}\n{step.description}\n{about}, {step.hosts}"
    return (
        f'<g class="{mark.state}" transform="translate({x:.1f} {y:.1f})"><title>{escape(told)}</title>'
        f'<rect class="box" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="8"/>'
        f'<rect class="bar" x="0" y="8" width="4" height="{BOX_HEIGHT - 16}" rx="2"/>'
        f'<text class="name" x="15" y="21">{escape(_cut(step.name, int((BOX_WIDTH - 45) / _BOLD_LETTER)))}</text>'
        f'<text class="symbol" x="{BOX_WIDTH - 22}" y="21">{SYMBOLS[mark.state]}</text>'
        f'<text class="about" x="15" y="38">{escape(_cut(about, int((BOX_WIDTH - 22) / _LETTER)))}</text></g>'
    )


def _legend(graph: Graph, marks: Mapping[str, StepMark], top: float) -> list[str]:
    used = {marks[id_].state if id_ in marks else StepState.NEVER for id_ in graph.order}
    lines, x = [], float(MARGIN + 2)
    for state in StepState:
        if state in used:
            lines.append(
                f'<g class="{state}" transform="translate({x:.1f} {top + 26:.1f})">'
                f'<text class="symbol">{SYMBOLS[state]}</text><text class="about" x="17">{WORDS[state]}</text></g>'
            )
            x += 45 + len(WORDS[state]) * _LETTER
    return lines


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: max(letters - 1, 0)].rstrip() + "…"
