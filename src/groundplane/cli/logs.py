"""groundplane logs: what a run's steps printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from groundplane.cli.common import complete_hosts

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.run.journal.store import Journal

POLL_SECONDS = 0.3


@click.command()
@click.argument("run", default="last")
@click.argument("step", required=False)
@click.option("--host", metavar="HOST", shell_complete=complete_hosts, help="Only what is about this host.")
@click.option("--follow", "-f", is_flag=True, help="Go on while the run does.")
@click.pass_obj
def command(obj: str | None, run: str, step: str | None, *, host: str | None, follow: bool) -> None:
    """Show what RUN's steps printed (its id, the end of it, or 'last'); of STEP alone where it is named."""
    from groundplane.cli.settings import find_site  # noqa: PLC0415
    from groundplane.errors import InputError  # noqa: PLC0415
    from groundplane.run.journal.store import open_journal  # noqa: PLC0415
    from groundplane.run.logs import log_files, only_host  # noqa: PLC0415
    from groundplane.run.teller import logs_folder  # noqa: PLC0415
    from groundplane.site.loading import read_site_file  # noqa: PLC0415

    path = find_site(obj)
    state = path / ".groundplane"
    journal = open_journal(state, read_site_file(path).name)
    try:
        row = journal.run(run)
        folder = logs_folder(state, row.id)
        if follow:
            _follow(journal, state, row.id, step=step, host=host)
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
            if len(files) > 1:
                click.secho(f"{'' if number == 0 else chr(10)}==> {file.stem}", bold=True)
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
            for line in only_host(lines, host) if host is not None else lines:
                click.echo(line)
    finally:
        journal.close()


def _follow(journal: Journal, state: Path, run: str, *, step: str | None, host: str | None) -> None:
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
            if file != shown:
                click.secho(f"==> {file.stem}", bold=True)
                shown = file
            for line in only_host(lines, host) if host is not None else lines:
                click.echo(line)
        if not going_on:
            return
        time.sleep(POLL_SECONDS)
