"""How much memory a lab's nodes take, measured while it is deployed: from the kernel's own accounts of each node.

Counted is what the machine can't have back without ending something: programs' memory, memory shared between them
and the kernel's own for them; not the copies of files that it keeps as long as nobody needs the room. On a machine
that builds images those would be most of the figure, and it would say more of the machine's size than of the lab's.

Sources: the kernel's cgroup-v1/memory (section 5.5) and cgroup-v2 (memory.stat).
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundplane.errors import GroundplaneError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

CGROUPS = Path("/sys/fs/cgroup")
MEMINFO = Path("/proc/meminfo")
SECONDS = 2.0
ASK_SECONDS = 20.0
"""A node that is down is not asked after at each look."""
KIB = 1024


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """Bytes: of each node, of all of them together, and of the whole machine with everything that runs on it."""

    nodes: Mapping[str, int] = field(default_factory=dict)
    together: int = 0
    machine: int = 0

    def highest(self, other: MemoryUse) -> MemoryUse:
        """The higher one of each figure."""
        names = dict.fromkeys((*self.nodes, *other.nodes))
        return MemoryUse(
            {name: max(self.nodes.get(name, 0), other.nodes.get(name, 0)) for name in names},
            max(self.together, other.together),
            max(self.machine, other.machine),
        )

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        return {"nodes": dict(self.nodes), "together": self.together, "machine": self.machine}


def read_use(folders: Mapping[str, Path], *, meminfo: Path = MEMINFO) -> MemoryUse:
    """As it is now. `folders` are the nodes' own in the tree of cgroups; a node that is gone takes nothing."""
    nodes = {}
    for name, folder in folders.items():
        # A node may end between two looks.
        with suppress(OSError, ValueError, KeyError):
            nodes[name] = _bytes(folder)
    machine = 0
    with suppress(OSError, ValueError, KeyError):
        values = _numbers(meminfo.read_text(encoding="ascii"))
        machine = (values["MemTotal:"] - values["MemAvailable:"]) * KIB
    return MemoryUse(nodes, sum(nodes.values()), machine)


def folder_of(path: str, root: Path = CGROUPS) -> Path:
    """Where the kernel keeps account of a cgroup's memory; `path` is what podman calls its CgroupPath."""
    version_2 = (root / "cgroup.controllers").is_file()
    return (root if version_2 else root / "memory") / path.lstrip("/")


def _bytes(folder: Path) -> int:
    statistics = _numbers((folder / "memory.stat").read_text(encoding="ascii"))
    current = folder / "memory.current"
    if current.is_file():
        return max(0, int(current.read_text()) - (statistics["file"] - statistics["shmem"]))
    usage = int((folder / "memory.usage_in_bytes").read_text())
    return max(0, usage - (statistics["total_cache"] - statistics["total_shmem"]))


def _numbers(text: str) -> dict[str, int]:
    words = (line.split() for line in text.splitlines())
    return {line[0]: int(line[1]) for line in words if len(line) > 1}


class MemoryWatch:
    """The highest figures so far."""

    def __init__(self, folders: Callable[[], Mapping[str, Path]]) -> None:
        self._folders = folders
        self._known: Mapping[str, Path] = {}
        self._ask_from = 0.0
        self.highest = MemoryUse()

    def look(self) -> None:
        """Once. Where a node is not where it was, somebody is asked where it is now, if that can be told."""
        moved = not self._known or not all(folder.is_dir() for folder in self._known.values())
        if moved and time.monotonic() >= self._ask_from:
            self._ask_from = time.monotonic() + ASK_SECONDS
            with suppress(GroundplaneError):
                self._known = self._folders()
        self.highest = self.highest.highest(read_use(self._known))


@contextmanager
def watched(folders: Callable[[], Mapping[str, Path]], *, seconds: float = SECONDS) -> Iterator[MemoryWatch]:
    """Looks every so many seconds while the block runs.

    Args:
        folders: node to its folder, of those that run; asked again when one is gone.
    """
    watch, stop = MemoryWatch(folders), threading.Event()

    def go_on() -> None:
        while not stop.wait(seconds):
            watch.look()

    watch.look()
    thread = threading.Thread(target=go_on, name="memory", daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        stop.set()
        thread.join()
        watch.look()
