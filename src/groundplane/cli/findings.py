"""How findings are shown: a mark, what it is, details, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from groundplane.findings import Finding


def show_findings(terminal: Console, found: Sequence[Finding]) -> None:
    """One after the other, in lines for people."""
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.lines import FAILED, NEXT, NOTE, WARNING, say  # noqa: PLC0415

    marks = {"error": FAILED, "warning": WARNING, "note": NOTE}
    for finding in found:
        code = f" [dim]{finding.code}[/]" if finding.code else ""
        say(terminal, f"{escape(finding.what)}{code}", mark=marks[finding.severity.value])
        for line in finding.details:
            say(terminal, escape(line), indent=4, style="dim")
        if finding.cure:
            say(terminal, escape(finding.cure), mark=NEXT, indent=2)
