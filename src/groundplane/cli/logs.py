"""groundplane logs: what a run's steps printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from groundplane.cli.completion import complete_hosts, complete_runs, complete_steps_of_run
from groundplane.cli.options import json_option

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.run.journal.store import Journal

POLL_SECONDS = 0.3


@click.command()
@click.argument("run", default="last", metavar="[RUN]", shell_complete=complete_runs)
@click.argument("step", required=False, metavar="[STEP]", shell_complete=complete_steps_of_run)
@click.option("--host", metavar="HOST", shell_complete=complete_hosts, help="Only what is about this host.")
@click.option("-f", "--follow", is_flag=True, help="Go on while the run does.")
@json_option
@click.pass_obj
def command(obj: str | None, run: str, step: str | None, *, host: str | None, follow: bool, as_json: bool) -> None:
    """Show what RUN's steps printed; of STEP alone where it is named.

    RUN is its id, the end of it, or 'last'. With --json each line is an object on a line of its own.

    \b
    Examples:
      groundplane logs
      groundplane logs last ceph.cluster --host node1
      groundplane logs --follow
    """
    from groundplane.cli.settings import find_site  # noqa: PLC0415
    from groundplane.errors import InputError  # noqa: PLC0415
    from groundplane.run.journal.store import read_journal  # noqa: PLC0415
    from groundplane.run.logs import log_files, only_host  # noqa: PLC0415
    from groundplane.run.teller import logs_folder  # noqa: PLC0415
    from groundplane.site.loading import read_site_file  # noqa: PLC0415
    from groundplane.site.state import state_folder  # noqa: PLC0415

    path = find_site(obj)
    state = state_folder(path)
    journal = read_journal(state, read_site_file(path).name)
    try:
        row = journal.run(run)
        folder = logs_folder(state, row.id)
        if follow:
            _follow(journal, state, row.id, step=step, host=host, as_json=as_json)
            return
        files = log_files(folder, step)
        if not files:
            known = ", ".join(one.step for one in journal.steps(row.id) if one.started_at is not None)
            raise InputError(
                f"Run {row.id} has no log{f' of {step}' if step else ''}",
                why=f"steps that began: {known or 'none'}",
                cure=f"groundplane runs show {row.id}",
            )
        for number, file in enumerate(files):
            if len(files) > 1 and not as_json:
                _head(file.stem, first=number == 0)
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
            for line in only_host(lines, host) if host is not None else lines:
                _show(line, row.id, file.stem, as_json=as_json)
    finally:
        journal.close()


def _head(step: str, *, first: bool = True) -> None:
    from groundplane.cli.common import console  # noqa: PLC0415

    out = console()
    if not first:
        out.print()
    out.print(f"[bold]==> {step}[/]")


def _show(line: str, run: str, step: str, *, as_json: bool) -> None:
    from groundplane.cli.common import print_json_line  # noqa: PLC0415

    if as_json:
        print_json_line({"run": run, "step": step, "line": line})
    else:
        click.echo(line)


def _follow(journal: Journal, state: Path, run: str, *, step: str | None, host: str | None, as_json: bool) -> None:
    import time  # noqa: PLC0415

    from groundplane.run.events import RunState  # noqa: PLC0415
    from groundplane.run.logs import Follower, log_files, only_host  # noqa: PLC0415
    from groundplane.run.teller import logs_folder  # noqa: PLC0415

    follower = Follower()
    shown: Path | None = None
    while True:
        journal.mark_interrupted(state)
        # Asked before the last look, so that nothing written in between is missed.
        going_on = journal.run(run).state == RunState.RUNNING
        for file, lines in follower.new_lines(log_files(logs_folder(state, run), step)):
            if file != shown and not as_json:
                _head(file.stem)
            shown = file
            for line in only_host(lines, host) if host is not None else lines:
                _show(line, run, file.stem, as_json=as_json)
        if not going_on:
            return
        time.sleep(POLL_SECONDS)
