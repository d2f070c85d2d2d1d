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

    from groundplane.cli.tables import Table  # noqa: PLC0415
    from groundplane.colours import BAD, GOOD  # noqa: PLC0415
    from groundplane.counting import duration  # noqa: PLC0415

    table = Table("mark", "part", "took", "", whole=("mark", "part"), right=("took",), heads=False)
    for part in parts:
        mark = f"[{GOOD}]✔[/]" if part.good else f"[{BAD}]✘[/]"
        table.add(mark, escape(part.name), duration(part.seconds), f"[dim]{escape(part.told)}[/]")
    if terminal.is_terminal:
        terminal.print()
    table.show(terminal)
