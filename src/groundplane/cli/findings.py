"""How findings are shown: a mark, what it is, details, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from groundplane.findings import Finding

MARKS = {"error": "[bold red]✘[/]", "warning": "[yellow]![/]", "note": "[cyan]·[/]"}


def show_findings(terminal: Console, found: Sequence[Finding]) -> None:
    """One after the other, in lines for people."""
    from rich.markup import escape  # noqa: PLC0415

    for finding in found:
        code = f" [dim]{finding.code}[/]" if finding.code else ""
        terminal.print(f"{MARKS[finding.severity.value]} {escape(finding.what)}{code}", soft_wrap=True)
        for line in finding.details:
            terminal.print(f"    [dim]{escape(line)}[/]", soft_wrap=True)
        if finding.cure:
            terminal.print(f"  [green]→[/] {escape(finding.cure)}", soft_wrap=True)
