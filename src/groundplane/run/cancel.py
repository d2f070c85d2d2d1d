"""`groundplane cancel`: asks the engine that works on a site, another process, to stop."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from groundplane.errors import FailedError, InputError
from groundplane.run.lock import lock_holder

if TYPE_CHECKING:
    from pathlib import Path


def cancel_run(state: Path, run: str, *, holder: str) -> None:
    """Asks the engine that works on this site to stop `run`.

    Args:
        holder: USER@HOST of the caller: a process of another machine can't be reached.

    Raises:
        InputError: that run is not under way, or not on this machine.
        FailedError: the process isn't ours.
    """
    working = lock_holder(state)
    if working is None or working.run != run:
        raise InputError(
            f"Run {run} is not under way",
            why=f"run {working.run} is" if working is not None else "nothing works on this site",
            cure="groundplane runs lists runs with their state.",
        )
    here = holder.rpartition("@")[2]
    there = working.holder.rpartition("@")[2]
    if here != there:
        raise InputError(
            f"Run {run} is under way on {there}, not on this machine", cure=f"Call groundplane cancel {run} there."
        )
    try:
        os.kill(working.pid, signal.SIGTERM)
    except ProcessLookupError as error:
        raise InputError(f"Run {run} has just ended", cure=f"groundplane runs show {run}") from error
    except PermissionError as error:
        raise FailedError(
            f"Run {run} belongs to {working.holder}", cure=f"Call this as that user: groundplane cancel {run}"
        ) from error
