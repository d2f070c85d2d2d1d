"""What an engine has started on this machine, and what is left of it in memory when it was killed."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Lab

PROC = Path("/proc")
STAYING = ("ControlPersist", "[mux]")
"""A shared ssh connection stays for a minute by design, and works on nothing."""
ORDERLY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Process:
    """`began` tells it from a later one with the same number: clock ticks since the machine started."""

    number: int
    began: int
    words: str

    def alive(self, proc: Path = PROC) -> bool:
        found = _read(proc / str(self.number))
        return found is not None and found[1] == self.began and found[2] != "Z"


def descendants(of: int, proc: Path = PROC) -> list[Process]:
    """All processes below one, without shared ssh connections."""
    children: dict[int, list[Process]] = {}
    for entry in proc.glob("[0-9]*"):
        found = _read(entry)
        if found is not None:
            parent, began, _ = found
            children.setdefault(parent, []).append(Process(int(entry.name), began, _words(entry)))
    below: list[Process] = []
    wave = children.get(of, [])
    while wave:
        below += wave
        wave = [child for process in wave for child in children.get(process.number, [])]
    return [process for process in below if not any(word in process.words for word in STAYING)]


def _read(entry: Path) -> tuple[int, int, str] | None:
    """Parent, beginning and state; None where the process is gone."""
    try:
        stat = (entry / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name may hold anything, blanks and brackets too.
    fields = stat.rpartition(")")[2].split()
    return int(fields[1]), int(fields[19]), fields[0]


def _words(entry: Path) -> str:
    try:
        return (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def memory_folder(environment: dict[str, str]) -> Path:
    """Where a command with this environment keeps what must not touch a disk."""
    return Path(environment.get("XDG_RUNTIME_DIR") or "/dev/shm") / f"groundplane-{os.getuid()}"  # noqa: S108


def abandoned_folders(memory: Path) -> set[str]:
    """Folders of runs and connections there that no living process holds."""
    return {folder.name for prefix in ("r-", "s-") for folder in memory.glob(f"{prefix}*") if not _held(folder)}


def containers_of(folders: set[str]) -> list[str]:
    """Containers that run Ansible for the runs with these folders."""
    words = ["podman", "ps", "--format", "{{.Names}}", "--filter", "label=groundplane.runtime=true"]
    names = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
    begins = tuple(f"groundplane-{folder}-" for folder in folders)
    return [name for name in names if begins and name.startswith(begins)]


def _held(folder: Path) -> bool:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


@contextmanager
def begun(lab: Lab, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A command that is under way meanwhile; asked to stop where the test ends before it does."""
    process = lab.start(*words)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(ORDERLY_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(ORDERLY_SECONDS)
