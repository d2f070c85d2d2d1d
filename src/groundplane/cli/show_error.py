"""How an error is shown: what, where, why, what next. Never a traceback."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

from groundplane.errors import GroundplaneError, InputError


def show_error(error: GroundplaneError, console: Console | None = None) -> None:
    """Writes the error to standard error, a problem a paragraph."""
    out = console or Console(stderr=True, highlight=False, soft_wrap=True)
    out.print(f"[bold red]Error:[/] {escape(error.what)}")
    if error.place is not None:
        out.print(f"  [dim]at[/] {escape(str(error.place))}")
    if error.why:
        out.print(f"  [dim]why:[/] {escape(error.why)}")
    if isinstance(error, InputError):
        for problem in error.problems:
            where = f"[bold]{escape(str(problem.place))}[/]: " if problem.place is not None else ""
            out.print(f"  {where}{escape(problem.what)}")
            if problem.cure:
                out.print(f"    [green]→[/] {escape(problem.cure)}")
    if error.cure:
        out.print(f"  [green]→[/] {escape(error.cure)}")
