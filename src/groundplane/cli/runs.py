"""groundplane runs: what was run; one run in detail, also as a page."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from groundplane.cli.completion import complete_runs
from groundplane.cli.lazy_group import Group
from groundplane.cli.options import json_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from groundplane.run.journal.store import Journal
    from groundplane.run.story import RunStory


@click.group(cls=Group, invoke_without_command=True)
@click.option(
    "--last", "count", type=click.IntRange(1), metavar="N", default=20, show_default=True, help="How many are listed."
)
@json_option
@click.pass_context
def command(ctx: click.Context, *, count: int, as_json: bool) -> None:
    """List runs, newest first; show one.

    \b
    Examples:
      groundplane runs --last 5
      groundplane runs show last
    """
    if ctx.invoked_subcommand is not None:
        return
    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.common import print_json  # noqa: PLC0415
    from groundplane.cli.tables import Table, moment, state  # noqa: PLC0415
    from groundplane.counting import duration  # noqa: PLC0415
    from groundplane.run.story import run_as_data  # noqa: PLC0415

    with _journal(ctx.obj) as journal:
        rows = journal.runs(count)
    if as_json:
        print_json({"runs": [run_as_data(row) for row in rows]})
        return
    if not rows:
        click.echo("Nothing has been run yet: groundplane apply")
        return
    table = Table(
        "run", "command", "state", "began", "took", "by", "", whole=("run", "began"), right=("took",), spare=("by",)
    )
    for row in rows:
        took = duration((row.finished_at - row.started_at).total_seconds()) if row.finished_at is not None else ""
        what = f"{row.command} --check" if row.dry and row.command != "verify" else row.command
        more = f"goes on with {row.resumes}" if row.resumes else row.reason
        began, by = moment(row.started_at), escape(row.holder)
        table.add(f"[bold]{row.id}[/]", escape(what), state(row.state), began, took, by, escape(more))
    table.show()


@command.command(short_help="Show one: steps, times, the critical path, failures.")
@click.argument("run", default="last", metavar="[RUN]", shell_complete=complete_runs)
@click.option("--html", type=click.Path(dir_okay=False), metavar="FILE", help="Write one self-contained page.")
@json_option
@click.pass_obj
def show(obj: str | None, run: str, *, html: str | None, as_json: bool) -> None:
    """Show RUN: its steps, times, critical path, slow tasks and failures.

    RUN is its id, the end of it, or 'last'.

    \b
    Examples:
      groundplane runs show
      groundplane runs show 3f2a --html run.html
    """
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
            click.echo(f"wrote {html}")
    if as_json:
        print_json(story_as_data(story))
    elif html is None:
        _tell(console(), story)


def _tell(terminal: Console, story: RunStory) -> None:
    from collections import Counter  # noqa: PLC0415

    from rich.markup import escape  # noqa: PLC0415

    from groundplane.cli.lines import say  # noqa: PLC0415
    from groundplane.cli.run_report import show_failures  # noqa: PLC0415
    from groundplane.cli.tables import Table, state  # noqa: PLC0415
    from groundplane.counting import duration  # noqa: PLC0415

    run = story.run
    why = f" ({escape(run.reason)})" if run.reason else ""
    terminal.print(
        f"[bold]Run {run.id}[/] {escape(run.command)} by {escape(run.holder)}, "
        f"{run.started_at.astimezone():%Y-%m-%d %H:%M:%S}: {state(run.state)}{why} in {duration(story.seconds())}"
    )
    if run.resumes:
        terminal.print(f"goes on with run {run.resumes}")
    table = Table("step", "state", "after", "took", "hosts", whole=("step",), right=("after", "took"))
    for step in story.steps:
        hosts = Counter(row.state for row in story.hosts if row.step == step.step)
        after = duration((step.started_at - run.started_at).total_seconds()) if step.started_at else ""
        took = (
            duration((step.finished_at - step.started_at).total_seconds())
            if step.started_at and step.finished_at
            else ""
        )
        mark = "[bold]*[/] " if step.step in story.critical_path and len(story.critical_path) > 1 else "  "
        told = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in hosts.items())
        table.add(f"{mark}{step.step}", state(step.state), after, took, told)
    table.show(terminal)
    if len(story.critical_path) > 1:
        say(terminal, f"the critical path: {' → '.join(story.critical_path)}", mark="*", style="dim")
    show_failures(terminal, ((row.step, row.host, row.task, row.reason) for row in story.failures()))
    for task in story.slowest_tasks[:5]:
        took = f"[dim]{duration(task.seconds):>7} [/]"
        say(terminal, f"{escape(task.task)} ({task.step} on {task.host})", mark=took, style="dim")


@contextmanager
def _journal(obj: str | None) -> Iterator[Journal]:
    """The site's journal alone: runs can be looked at while the site's files are broken or its secrets closed."""
    from groundplane.cli.settings import find_site  # noqa: PLC0415
    from groundplane.run.journal.store import read_journal  # noqa: PLC0415
    from groundplane.site.loading import read_site_file  # noqa: PLC0415
    from groundplane.site.state import state_folder  # noqa: PLC0415

    path = find_site(obj)
    journal = read_journal(state_folder(path), read_site_file(path).name)
    try:
        journal.mark_interrupted(state_folder(path))
        yield journal
    finally:
        journal.close()
