"""Stands between the engine and Ansible: when the engine goes away, everything that it started goes too.

Run as a program (python -I launcher.py ENGINE_PID LOCK_FILE CONFIG_JSON), under ansible-runner, and on purpose with
nothing but the standard library, so that it starts in milliseconds. CONFIG_JSON: {"words": [...], "environment": {...},
"stop": [...]}.

- The kernel sends it SIGTERM when the engine's thread ends, even by SIGKILL (PR_SET_PDEATHSIG).
- It holds the site's second lock (shared), and hands it to what it starts: the next engine waits until all are gone.
- Ansible's workers leave its process group (setsid); as a subreaper the launcher still is their parent in the end.
- A container doesn't end with podman's client; the words in `stop` end it.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
GRACE_SECONDS = 3.0
LOCK_DESCRIPTOR = 3
"""podman --preserve-fds 1 passes on the descriptor 3."""
EXIT_ORPHANED = 250
EXIT_STOPPED = 251


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def descendants(of: int) -> list[int]:
    """Process ids below a process, deepest last."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            parent = int(stat.rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    found: list[int] = []
    wave = children.get(of, [])
    while wave:
        found += wave
        wave = [grandchild for child in wave for grandchild in children.get(child, [])]
    return found


def _signal(process: int, number: int) -> None:
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return


def _stop(child: int, words: list[str]) -> None:
    """Ends the child and all below it."""
    if words:
        subprocess.run(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        )
    else:
        _signal(child, signal.SIGTERM)
    until = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < until and _reap() is None and descendants(os.getpid()):
        time.sleep(0.05)
    for _ in range(20):
        left = descendants(os.getpid())
        if not left:
            return
        for process in left:
            _signal(process, signal.SIGKILL)
        time.sleep(0.05)
        _reap()


def _reap() -> bool | None:
    """True when no child is left."""
    while True:
        try:
            process, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return True
        if process == 0:
            return None


def _start(words: list[str], environment: dict[str, str], lock: int) -> int:
    child = os.fork()
    if child:
        return child
    try:
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signal.valid_signals())
        if lock != LOCK_DESCRIPTOR:
            os.dup2(lock, LOCK_DESCRIPTOR)
        os.set_inheritable(LOCK_DESCRIPTOR, True)
        os.execvpe(words[0], words, environment)  # noqa: S606 - words, and no shell
    except OSError as error:
        sys.stderr.write(f"{words[0]} can't be started: {error}\n")
    finally:
        os._exit(127)


def main(arguments: list[str]) -> int:
    engine, lock_file, config_file = int(arguments[0]), arguments[1], arguments[2]
    stopping = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
    watched = {*stopping, signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    if os.getppid() != engine:
        return EXIT_ORPHANED
    lock = os.open(lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return EXIT_ORPHANED
    config = json.loads(Path(config_file).read_text(encoding="utf-8"))
    Path(config_file).with_name("launcher.pid").write_text(str(os.getpid()), encoding="utf-8")
    child = _start(config["words"], {**os.environ, **config["environment"]}, lock)
    while True:
        received = signal.sigwait(watched)
        if received in stopping:
            _stop(child, config["stop"])
            return EXIT_STOPPED
        while True:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return 0
            if process == 0:
                break
            if process == child:
                # What Ansible leaves on purpose (shared ssh connections) goes on without us.
                return os.waitstatus_to_exitcode(status) & 0xFF


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
