"""How an error is shown: what, where, why, what next. Never a traceback."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape

from groundplane.cli.common import console as make_console
from groundplane.cli.common import problem_as_json
from groundplane.cli.lines import NEXT, say
from groundplane.colours import BAD
from groundplane.errors import FailedError, GroundplaneError, InputError

if TYPE_CHECKING:
    from rich.console import Console

SITE_WORDS = ("-C", "--site")
"""The program's own option, which no command has."""


def show_error(error: GroundplaneError, console: Console | None = None) -> None:
    """Writes the error to standard error, a problem a paragraph."""
    out = console or make_console(stderr=True)
    say(out, f"[{BAD}]Error:[/] {escape(error.what)}")
    if error.place is not None:
        say(out, f"[dim]at[/] {escape(str(error.place))}", indent=2)
    if error.why:
        say(out, f"[dim]why:[/] {escape(error.why)}", indent=2)
    for problem in error.problems:
        where = f"[bold]{escape(str(problem.place))}[/]: " if problem.place is not None else ""
        say(out, f"{where}{escape(problem.what)}", indent=2)
        if problem.cure:
            say(out, escape(problem.cure), mark=NEXT, indent=4)
    if error.cure:
        say(out, escape(error.cure), mark=NEXT, indent=2)


def error_as_json(error: GroundplaneError) -> str:
    """The same for programs, on one line: what --json ends with where something went wrong."""
    place = error.place
    data: dict[str, Any] = {
        "kind": "error",
        "exit_code": error.exit_code,
        "what": error.what,
        "why": error.why,
        "cure": error.cure,
        "file": str(place.file) if place else None,
        "line": place.line if place else None,
        "problems": [problem_as_json(one) for one in error.problems],
    }
    return json.dumps(data, ensure_ascii=False)


def usage_error(wrong: click.ClickException) -> InputError:
    """What click has against the words of a command, said as all errors are."""
    what = wrong.format_message().strip()
    context = wrong.ctx if isinstance(wrong, click.UsageError) else None
    hint = ""
    if isinstance(wrong, click.NoSuchOption):
        what = f"There is no option {wrong.option_name}"
        if context is not None and wrong.option_name in SITE_WORDS:
            program, _, command = context.command_path.partition(" ")
            hint = f"It belongs before the command: {program} {wrong.option_name} FOLDER {command}. "
        elif wrong.possibilities:
            hint = f"Did you mean {' or '.join(sorted(wrong.possibilities))}? "
    return InputError(
        what.removesuffix("."), cure=f"{hint}{context.command_path} --help says more." if context is not None else hint
    )


def system_error(wrong: OSError) -> FailedError:
    """What the system refused: a full disk, a file that may not be read."""
    what = wrong.strerror or str(wrong)
    if wrong.filename is not None:
        what = f"{wrong.filename}: {what}"
    return FailedError(what, cure="Put that right, then call the same command again.")
