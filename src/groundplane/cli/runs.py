"""groundplane runs: what was run; one run in detail, also as a page."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from groundplane.cli.common import json_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from groundplane.run.journal.store import Journal
    from groundplane.run.story import RunStory


@click.group(invoke_without_command=True)
@click.option("--last", "count", type=click.IntRange(1), default=20, show_default=True, help="How many.")
@json_option
@click.pass_context
def command(ctx: click.Context, *, count: int, as_json: bool) -> None:
    """List runs, newest first; show one."""
    if ctx.invoked_subcommand is not None:
        return
    from rich.table import Table  # noqa: PLC0415

    from groundplane.cli.common import console, print_json  # noqa: PLC0415
    from groundplane.cli.run_report import STATE_STYLES  # noqa: PLC0415
    from groundplane.counting import duration  # noqa: PLC0415
    from groundplane.run.story import run_as_data  # noqa: PLC0415

    with _journal(ctx.obj) as journal:
        rows = journal.runs(count)
    if as_json:
        print_json([run_as_data(row) for row in rows])
        return
    terminal = console()
    if not rows:
        terminal.print("Nothing has been run yet: groundplane apply")
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("run", "what", "state", "began", "took", "by", ""):
        table.add_column(name, no_wrap=True)
    for row in rows:
        took = duration((row.finished_at - row.started_at).total_seconds()) if row.finished_at is not None else ""
        what = f"{row.command} --check" if row.dry and row.command != "verify" else row.command
        style = STATE_STYLES.get(row.state, "")
        more = f"goes on with {row.resumes}" if row.resumes else row.reason
        began = f"{row.started_at.astimezone():%Y-%m-%d %H:%M:%S}"
        table.add_row(row.id, what, f"[{style}]{row.state}[/]" if style else row.state, began, took, row.holder, more)
    terminal.print(table)


@command.command()
@click.argument("run", default="last")
@click.option("--html", type=click.Path(dir_okay=False), metavar="FILE", help="Write one self-contained page.")
@json_option
@click.pass_obj
def show(obj: str | None, run: str, *, html: str | None, as_json: bool) -> None:
    """Show RUN (its id, the end of it, or 'last'): steps, times, the critical path, slow tasks, failures."""
    from pathlib import Path  # noqa: PLC0415

    from groundplane.cli.common import console, print_json  # noqa: PLC0415
    from groundplane.run.story import read_story, story_as_data  # noqa: PLC0415

    with _journal(obj) as journal:
        story = read_story(journal, run)
    if html is not None:
        from groundplane.files import write_atomically  # noqa: PLC0415
        from groundplane.run.page import run_page  # noqa: PLC0415

        write_atomically(Path(html), run_page(story))
        if not as_json:
            click.echo(f"Wrote {html}")
    if as_json:
        print_json(story_as_data(story))
    elif html is None:
        _tell(console(), story)


def _tell(terminal: Console, story: RunStory) -> None:
    from collections import Counter  # noqa: PLC0415

    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    from groundplane.cli.run_report import STATE_STYLES  # noqa: PLC0415
    from groundplane.counting import duration  # noqa: PLC0415

    run = story.run
    style = STATE_STYLES.get(run.state, "bold")
    why = f" ({escape(run.reason)})" if run.reason else ""
    terminal.print(
        f"[bold]Run {run.id}[/] {run.command} by {run.holder}, {run.started_at.astimezone():%Y-%m-%d %H:%M:%S}: "
        f"[{style}]{run.state}[/]{why} in {duration(story.seconds())}"
    )
    if run.resumes:
        terminal.print(f"goes on with run {run.resumes}")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("step", "state", "after", "took", "hosts"):
        table.add_column(name, no_wrap=True, justify="right" if name in ("after", "took") else "left")
    for step in story.steps:
        hosts = Counter(row.state for row in story.hosts if row.step == step.step)
        after = duration((step.started_at - run.started_at).total_seconds()) if step.started_at else ""
        took = (
            duration((step.finished_at - step.started_at).total_seconds())
            if step.started_at and step.finished_at
            else ""
        )
        mark = "[bold]*[/] " if step.step in story.critical_path and len(story.critical_path) > 1 else "  "
        colour = STATE_STYLES.get(step.state, "bold")
        told = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in hosts.items())
        table.add_row(f"{mark}{step.step}", f"[{colour}]{step.state.replace('_', ' ')}[/]", after, took, told)
    terminal.print(table)
    if len(story.critical_path) > 1:
        terminal.print(f"[dim]* the critical path: {' → '.join(story.critical_path)}[/]")
    for row in story.failures():
        terminal.print(
            f"[red]✘[/] [bold]{row.step}[/] on [bold]{row.host}[/] at '{escape(row.task)}': {escape(row.reason)}"
        )
    for task in story.slowest_tasks[:5]:
        terminal.print(f"[dim]{duration(task.seconds):>7}  {escape(task.task)} ({task.step} on {task.host})[/]")


@contextmanager
def _journal(obj: str | None) -> Iterator[Journal]:
    """The site's journal alone: runs can be looked at while the site's files are broken or its secrets closed."""
    from groundplane.cli.settings import find_site  # noqa: PLC0415
    from groundplane.run.journal.store import open_journal  # noqa: PLC0415
    from groundplane.site.loading import read_site_file  # noqa: PLC0415

    path = find_site(obj)
    journal = open_journal(path / ".groundplane", read_site_file(path).name)
    try:
        journal.mark_interrupted(path / ".groundplane")
        yield journal
    finally:
        journal.close()
