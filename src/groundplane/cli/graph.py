"""groundplane graph: layers and steps as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from groundplane.cli.options import json_option, output_option

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from groundplane.layers.marks import StepMark
    from groundplane.layers.model import Graph
    from groundplane.site.site import Site


PAGE = 1000
"""Columns of a file or a pipe: nothing is cut."""


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["tree", "mermaid", "svg"]),
    help="tree for the terminal, mermaid for pages that render it, svg for everything else. "
    "Otherwise by the ending of --output, or tree.",
)
@output_option("Write to a file.")
@json_option
@click.pass_obj
def command(obj: str | None, form: str | None, output: Path | None, *, as_json: bool) -> None:
    """Draw layers and steps, coloured by how they stand; no host is asked.

    With the vault password at hand each step is compared with today's configuration; without it the drawing shows
    what was applied.

    \b
    Examples:
      groundplane graph
      groundplane graph --output layers.svg
    """
    from groundplane.cli.common import console, print_json, short_path  # noqa: PLC0415
    from groundplane.files import write_atomically  # noqa: PLC0415

    form = form or {".svg": "svg", ".mmd": "mermaid"}.get(output.suffix if output else "", "tree")
    site, graph, marks = _look(obj)
    if as_json:
        print_json(_as_data(graph, marks))
        return
    terminal = console()
    if form == "tree" and output is None and terminal.is_terminal:
        from groundplane.terminal.graph import draw_terminal  # noqa: PLC0415

        terminal.print(draw_terminal(graph, marks, width=terminal.width))
        return
    text = _drawn(form, site, graph, marks)
    if output is None:
        click.echo(text, nl=False)
    else:
        write_atomically(output, text)
        click.echo(f"wrote {short_path(output)}", err=True)


def _as_data(graph: Graph, marks: Mapping[str, StepMark]) -> dict[str, Any]:
    return {
        "layers": [
            {"layer": layer.name, "description": layer.description, "needs": list(layer.needs)}
            for layer in graph.layers.values()
        ],
        "steps": [
            {
                "step": id_,
                "layer": step.layer,
                "description": step.description,
                "needs": [need.step for need in step.needs],
                "hosts": list(graph.hosts[id_]),
                "state": marks[id_].state.value if id_ in marks else "never",
                "details": marks[id_].text if id_ in marks else "",
            }
            for id_, step in graph.steps.items()
        ],
    }


def _drawn(form: str, site: Site, graph: Graph, marks: Mapping[str, StepMark]) -> str:
    if form == "svg":
        from groundplane.layers.drawing_svg import draw_svg  # noqa: PLC0415

        return draw_svg(graph, marks, title=f"{site.file.name}: layers and steps")
    if form == "mermaid":
        from groundplane.layers.drawing_mermaid import draw_mermaid  # noqa: PLC0415

        return draw_mermaid(graph, marks)
    from rich.console import Console  # noqa: PLC0415

    from groundplane.terminal.graph import draw_terminal  # noqa: PLC0415

    page = Console(width=PAGE, no_color=True, highlight=False)
    with page.capture() as captured:
        page.print(draw_terminal(graph, marks, width=page.width))
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"


def _look(obj: str | None) -> tuple[Site, Graph, Mapping[str, StepMark]]:
    """The graph and how its steps stand, as well as can be told without asking anybody."""
    from groundplane.cli.common import open_site  # noqa: PLC0415
    from groundplane.cli.planning import planning  # noqa: PLC0415
    from groundplane.errors import InputError  # noqa: PLC0415
    from groundplane.layers.loading import load_graph  # noqa: PLC0415
    from groundplane.plan.states import marks_of_plan, marks_of_receipts  # noqa: PLC0415
    from groundplane.run.journal.store import read_journal  # noqa: PLC0415

    try:
        with planning(obj, ask=False, writes=False) as work:
            plan = work.plan(selection=(), limit=None, force=False, probe=False)
            return work.site, work.graph, marks_of_plan(plan)
    except InputError as closed:
        # What is wrong with the site itself comes again here; a closed vault doesn't.
        site = open_site(obj)
        why = f"{closed.what}: this shows what was applied, not whether it is up to date."
        graph = load_graph(site)
        journal = read_journal(site.state, site.file.name)
        click.echo(why, err=True)
        try:
            return site, graph, marks_of_receipts(graph, journal)
        finally:
            journal.close()
