"""Which place is full, when a playbook can't be run: the folder in memory that it works in, or the disk with the state.

An error seldom says it: what fails to be written to an open file names no file, and ansible-runner passes on only a
text.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.errors import FailedError, GroundplaneError
from groundplane.run.lock import state_error

if TYPE_CHECKING:
    from collections.abc import Iterator

FULL = (errno.ENOSPC, errno.EDQUOT)
LEAST_BYTES = 65_536
"""With less nothing of a run can be written, whatever the file system keeps for itself."""


def playbook_error(what: str, error: Exception, *, memory: Path, state: Path) -> GroundplaneError:
    """What to tell a person of an error that ended a playbook; what it was at first where that says it already.

    Args:
        what: what could not be done, in a sentence.
        memory: the folder in memory; `state` the site's state.
    """
    chain = tuple(_chain(error))
    told = next((one for one in chain if isinstance(one, GroundplaneError)), None)
    if told is not None:
        return told
    full = next((one for one in chain if isinstance(one, OSError) and one.errno in FULL), None)
    if full is None and not any(os.strerror(number) in str(error) for number in FULL):
        return FailedError(what, why=str(error), cure=f"Look at its folders: ls -ld {memory} {state}")
    places = _named(full, memory, state) or tuple(place for place in (memory, state) if _is_full(place))
    if places == (state,):
        return state_error(state, full or OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    if places == (memory,):
        return FailedError(
            f"{what}: the folder in memory {memory} is full",
            why=str(error),
            cure=f"Free some space (df -h {memory}); a run that was under way goes on with: groundplane apply --resume",
        )
    return FailedError(
        f"{what}: a disk or the memory is full",
        why=str(error),
        cure=f"Free some space where there is none (df -h {memory} {state}); a run that was under way goes on with: "
        "groundplane apply --resume",
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _named(error: OSError | None, *places: Path) -> tuple[Path, ...]:
    """The place in which the error's own file lies."""
    if error is None or not isinstance(error.filename, str):
        return ()
    return tuple(place for place in places if Path(error.filename).is_relative_to(place))


def _is_full(place: Path) -> bool:
    try:
        found = os.statvfs(place)
    except OSError:
        return False
    return found.f_bavail * found.f_frsize < LEAST_BYTES or (found.f_files > 0 and found.f_favail == 0)
