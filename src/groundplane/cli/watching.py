"""Who watches a run: a tree in a terminal, lines in a pipe, JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from groundplane.run.events import Watcher


def watcher_for(
    terminal: Console, *, as_json: bool, expected: Mapping[str, float] | None = None, expected_run: float | None = None
) -> Watcher:
    """`expected` are seconds by step, `expected_run` those of the whole run."""
    from groundplane.run.watchers.json_lines import JsonLinesWatcher  # noqa: PLC0415
    from groundplane.run.watchers.plain import PlainWatcher  # noqa: PLC0415

    if as_json:
        return JsonLinesWatcher(click.echo)
    if not terminal.is_terminal:
        return PlainWatcher(click.echo)
    from groundplane.terminal.run import RichTreeWatcher  # noqa: PLC0415

    return RichTreeWatcher(terminal, expected=expected, expected_run=expected_run)
