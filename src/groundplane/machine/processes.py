"""Long-running programs of this machine that can be ended by their id, and that end when we do.

`run_command` is for what is over in a moment. Builds and pushes take minutes: their lines are read as they come, a
person may stop them, and they must not go on when this process is killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from typing import TYPE_CHECKING

from groundplane.errors import CancelledError, FailedError
from groundplane.machine.host_commands import as_root, find_program, run_command

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

REAP = '"$@"; exit $?'
"""A shell as the first process of a process namespace: it collects the dead, which podman would leave as zombies."""


def contained(words: Sequence[str]) -> list[str]:
    """The same words as root in process and mount namespaces of their own.

    Whatever they start, daemons included, ends with them, and their mounts with it: no kill leaves anything running.
    """
    unshare = ["unshare", "--pid", "--mount-proc", "--fork", "--kill-child=KILL"]
    return as_root([*_ends_with_us(), *unshare, "/bin/sh", "-c", REAP, "sh", *words])


def _ends_with_us() -> list[str]:
    """Before the words: the kernel kills them when this process dies. Through sudo that isn't to be had."""
    if os.geteuid() == 0 and find_program("setpriv"):
        return ["setpriv", "--pdeathsig", "KILL"]
    return []


class Processes:
    """The programs that run now. `stop` ends them all, and none starts afterwards."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    @property
    def stopped(self) -> bool:
        return self._stopped

    def run(self, words: Sequence[str], *, on_line: Callable[[str], None]) -> int:
        """Runs the words and returns their exit code; both outputs go to `on_line`, without the line's end.

        Raises:
            CancelledError: `stop` was called before or meanwhile.
            FailedError: the program is missing.
        """
        with self._lock:
            if self._stopped:
                raise CancelledError(f"{words[0]} was not started", why="asked to stop")
            try:
                # A session of its own: Ctrl-C reaches us alone, and we decide.
                process = subprocess.Popen(
                    list(words),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except FileNotFoundError as missing:
                raise FailedError(f"{words[0]} is not installed") from missing
            self._running.add(process)
        try:
            if process.stdout is not None:
                for line in process.stdout:
                    on_line(line.decode(errors="replace").rstrip("\r\n"))
            code = process.wait()
        except BaseException:
            _kill(process)
            process.wait()
            raise
        finally:
            with self._lock:
                self._running.discard(process)
            if process.stdout is not None:
                process.stdout.close()
        if self._stopped:
            raise CancelledError(f"{words[0]} was stopped")
        return code

    def stop(self) -> None:
        """Ends what runs, at once."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for process in running:
            _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    try:
        process.send_signal(signal.SIGKILL)
    except PermissionError:
        # It is sudo's, which hands no SIGKILL on: what it started dies with the children of the unshare below it.
        for child in _children(process.pid):
            run_command(as_root(["kill", "-KILL", str(child)]), doing="Stopping a build")


def _children(parent: int) -> list[int]:
    found = run_command(["ps", "-o", "pid=", "--ppid", str(parent)], doing="Looking for a build's process")
    return [int(word) for word in found.split()]
