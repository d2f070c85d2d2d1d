"""groundplane cancel: stop a run that is under way."""

from __future__ import annotations

import click


@click.command()
@click.argument("run", required=False)
@click.option("--wait/--no-wait", default=True, help="Return when it has ended; the default.")
@click.pass_obj
def command(obj: str | None, run: str | None, *, wait: bool) -> None:
    """Stop RUN (its id, the end of it, or 'last'), or whatever works on this site.

    No further step begins, running ones are ended; 'apply --resume' goes on from there.
    """
    import time  # noqa: PLC0415

    from groundplane.cli.settings import find_site, settings  # noqa: PLC0415
    from groundplane.errors import FailedError, InputError  # noqa: PLC0415
    from groundplane.run.cancel import cancel_run  # noqa: PLC0415
    from groundplane.run.lock import lock_holder  # noqa: PLC0415

    state = find_site(obj) / ".groundplane"
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
    click.echo(
        f"Run {name} {'is cancelled' if wait else 'was asked to stop'}. Go on: groundplane apply --resume {name}"
    )
