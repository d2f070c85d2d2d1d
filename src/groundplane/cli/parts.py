"""The parts of a check as a table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from groundplane.checks.parts import Part


def show_parts(terminal: Console, parts: Sequence[Part]) -> None:
    """A line each: whether it went well, how long it took, what it found."""
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    from groundplane.cli.common import show_table  # noqa: PLC0415
    from groundplane.counting import duration  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for part in parts:
        mark = "[green]✔[/]" if part.good else "[bold red]✘[/]"
        table.add_row(mark, escape(part.name), duration(part.seconds), f"[dim]{escape(part.told)}[/]")
    if terminal.is_terminal:
        terminal.print()
    show_table(table, terminal)
