"""groundplane validate: everything that is wrong with a site, and how to put it right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from groundplane.cli.options import json_option
from groundplane.counting import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from groundplane.errors import Problem


@click.command()
@click.option("--secrets", is_flag=True, help="Open the secrets too, and check that none is missing.")
@json_option
@click.pass_obj
def command(obj: str | None, *, secrets: bool, as_json: bool) -> None:
    """Check a site's files; needs no host.

    Every problem is shown, with file, line and cure. Exit code 0: none; 2: some.
    """
    from groundplane.checks.validation import check_site  # noqa: PLC0415
    from groundplane.cli.common import open_site, print_json, problem_as_json  # noqa: PLC0415
    from groundplane.cli.settings import find_site  # noqa: PLC0415
    from groundplane.errors import InputError  # noqa: PLC0415

    path = find_site(obj)
    summary = ""
    try:
        try:
            site = open_site(obj, need_secrets=secrets, strict=False)
        except InputError as error:
            if not (secrets and error.problems):
                raise
            # With site.yml as it is the secrets can't be opened; all else is told nevertheless.
            site = open_site(obj, strict=False)
        graph, problems = check_site(site)
        if graph is not None:
            numbers = {"host": len(site.inventory.hosts), "layer": len(graph.layers), "step": len(graph.steps)}
            summary = ", ".join(counted(number, noun) for noun, number in numbers.items())
    except InputError as error:
        if not error.problems:
            raise
        problems = error.problems
    if as_json:
        print_json({"site": str(path), "valid": not problems, "problems": [problem_as_json(one) for one in problems]})
    elif problems:
        _show(path, problems)
    else:
        click.echo(f"Valid: {summary}.")
    if problems:
        raise click.exceptions.Exit(InputError.exit_code)


def _show(path: Path, problems: Sequence[Problem]) -> None:
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.common import console, short_place  # noqa: PLC0415
    from groundplane.cli.lines import NEXT, say  # noqa: PLC0415

    out = console()
    for problem in problems:
        place = short_place(problem.place)
        where = f"[bold]{escape(place)}[/]: " if place else ""
        say(out, f"{where}{escape(problem.what)}")
        if problem.cure:
            say(out, escape(problem.cure), mark=NEXT, indent=2)
    click.echo(f"{counted(len(problems), 'problem')} in {path}. Nothing was touched.", err=True)
