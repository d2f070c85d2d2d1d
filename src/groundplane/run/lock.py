"""One lock per site: two runs that could hurt each other can't run together.

Two files, both locked by flock(2), so that a killed process never leaves a stale lock:

- `lock` is held by the engine, alone. Its content says who, since when, which run (JSON).
- `lock.steps` is held, shared, by everything that the engine started. The next engine waits until it is free: a killed
  engine's Ansible may need a moment to end.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from groundplane.errors import FailedError, LockedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAIT_SECONDS = 15.0
IGNORE = (
    "# State of this site: the journal, logs, the lock. Never in git.\n*\n"  # also where the site has no .gitignore
)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock."""

    holder: str
    """USER@HOST."""
    pid: int
    run: str
    since: str
    """ISO 8601, UTC."""


def lock_file(state: Path) -> Path:
    return state / "lock"


def steps_lock_file(state: Path) -> Path:
    return state / "lock.steps"


def prepare_state(state: Path) -> None:
    """Makes the state folder (mode 0700) and sees that it can be written to.

    Raises:
        FailedError: it can't; or the disk is full.
    """
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        ignore = state / ".gitignore"
        if not ignore.exists():
            ignore.write_text(IGNORE, encoding="utf-8")
        probe = state / ".writable"
        probe.write_bytes(b"\0" * 4096)
        probe.unlink()
    except OSError as error:
        raise state_error(state, error) from error


def state_error(state: Path, error: OSError) -> FailedError:
    """What to tell a person when the state folder fails them."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return FailedError(
            f"The disk is full: the state in {state} can't be written",
            why=error.strerror or "",
            cure=f"Free some space (df -h {state}); a run that was under way goes on with: groundplane apply --resume",
        )
    return FailedError(
        f"The state folder {state} can't be written",
        why=error.strerror or str(error),
        cure=f"Check who owns it and its permissions: ls -ld {state}",
    )


@contextmanager
def site_lock(state: Path, *, holder: str, run: str) -> Iterator[None]:
    """Holds the site's lock while the block runs.

    Raises:
        LockedError: somebody else holds it, or what an earlier run started still works.
        FailedError: the state folder can't be written.
    """
    prepare_state(state)
    try:
        descriptor = os.open(lock_file(state), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise state_error(state, error) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            raise _locked(_read(descriptor)) from taken
        _wait_for_steps(state)
        me = Holder(holder=holder, pid=os.getpid(), run=run, since=datetime.now(UTC).isoformat(timespec="seconds"))
        try:
            _write(descriptor, json.dumps(asdict(me)).encode())
        except OSError as error:
            raise state_error(state, error) from error
        try:
            yield
        finally:
            with suppress(OSError):
                _write(descriptor, b"")
    finally:
        os.close(descriptor)


def lock_holder(state: Path) -> Holder | None:
    """Who holds the lock now; None where it is free. Doesn't disturb anybody."""
    try:
        descriptor = os.open(lock_file(state), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _read(descriptor) or Holder(holder="somebody", pid=0, run="", since="")
        return None
    finally:
        os.close(descriptor)


def _wait_for_steps(state: Path) -> None:
    """Waits until nothing of an earlier, killed run works any more.

    Raises:
        LockedError: it still does after a while.
    """
    descriptor = os.open(steps_lock_file(state), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    until = time.monotonic() + WAIT_SECONDS
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as taken:
                if time.monotonic() > until:
                    raise LockedError(
                        "What an earlier run started is still at work",
                        why=f"something holds {steps_lock_file(state)}, although its engine is gone",
                        cure=f"Look at it: fuser -v {steps_lock_file(state)}; end it, and call again.",
                    ) from taken
                time.sleep(0.1)
            else:
                return
    finally:
        os.close(descriptor)


def _locked(holder: Holder | None) -> LockedError:
    if holder is None:
        return LockedError("Somebody else is about to work on this site", cure="Call again in a moment.")
    return LockedError(
        f"{holder.holder} holds this site's lock since {holder.since} (run {holder.run}, process {holder.pid})",
        cure=f"Watch it: groundplane logs {holder.run} --follow; stop it: groundplane cancel {holder.run}",
    )


def _read(descriptor: int) -> Holder | None:
    try:
        data = json.loads(os.pread(descriptor, 4096, 0) or b"null")
        return Holder(**data) if data else None
    except (ValueError, TypeError):
        return None


def _write(descriptor: int, data: bytes) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, data, 0)
    os.fsync(descriptor)
