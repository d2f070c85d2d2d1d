"""groundplane cancel: stop a run that is under way."""

from __future__ import annotations

import click

from groundplane.cli.completion import complete_runs
from groundplane.cli.options import json_option


@click.command()
@click.argument("run", required=False, metavar="[RUN]", shell_complete=complete_runs)
@click.option("--wait/--no-wait", default=True, help="Whether to return only when it has ended.", show_default=True)
@json_option
@click.pass_obj
def command(obj: str | None, run: str | None, *, wait: bool, as_json: bool) -> None:
    """Stop RUN, or whatever works on this site.

    RUN is its id, the end of it, or 'last'. No further step begins, running ones are ended;
    'apply --resume' goes on from there.
    """
    import time  # noqa: PLC0415

    from groundplane.cli.common import print_json  # noqa: PLC0415
    from groundplane.cli.settings import find_site, settings  # noqa: PLC0415
    from groundplane.errors import FailedError, InputError  # noqa: PLC0415
    from groundplane.run.cancel import cancel_run  # noqa: PLC0415
    from groundplane.run.lock import lock_holder  # noqa: PLC0415
    from groundplane.site.state import state_folder  # noqa: PLC0415

    state = state_folder(find_site(obj))
    working = lock_holder(state)
    if working is None and run in (None, "last"):
        raise InputError("Nothing works on this site", cure="groundplane runs lists what did.")
    name = run if run is not None else (working.run if working is not None else "")
    if working is not None and (name == "last" or working.run.endswith(name)):
        name = working.run
    cancel_run(state, name, holder=settings().holder)
    until = time.monotonic() + 60
    while wait:
        now = lock_holder(state)
        if now is None or now.run != name:
            break
        if time.monotonic() > until:
            raise FailedError(
                f"Run {name} was asked to stop a minute ago and still works", cure=f"groundplane logs {name}"
            )
        time.sleep(0.2)
    if as_json:
        print_json({"run": name, "ended": wait})
        return
    click.echo(
        f"Run {name} {'is cancelled' if wait else 'was asked to stop'}. Go on: groundplane apply --resume {name}"
    )
