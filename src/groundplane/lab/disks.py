"""Disks of nodes: sparse files behind loop devices."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.errors import FailedError
from groundplane.lab.model import GIB
from groundplane.machine.host_commands import as_root, find_program, run_command

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class LoopDevice:
    """A loop device and the file behind it; `file` may be gone already."""

    device: str
    file: Path


def read_loop_devices(text: str) -> list[LoopDevice]:
    """The output of `losetup --json --output NAME,BACK-FILE`; empty text means none."""
    if not text.strip():
        return []
    found = []
    for entry in json.loads(text).get("loopdevices", []):
        file = str(entry.get("back-file") or "").removesuffix(" (deleted)")
        found.append(LoopDevice(entry["name"], Path(file)))
    return found


def loop_devices(folder: Path) -> list[LoopDevice]:
    """Loop devices whose files lie in `folder` or below."""
    text = run_command(
        [_losetup(), "--list", "--json", "--output", "NAME,BACK-FILE"], doing="Listing loop devices", timeout=30
    )
    root = folder.resolve()
    return [loop for loop in read_loop_devices(text) if loop.file.is_relative_to(root)]


def attach_disk(file: Path, size_gib: int, attached: Iterable[LoopDevice]) -> str:
    """The loop device of the file; made and attached where it isn't.

    Raises:
        FailedError: no loop device could be set up.
    """
    file = file.resolve()
    for loop in attached:
        if loop.file == file:
            return loop.device
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("xb") as handle:
            handle.truncate(size_gib * GIB)
    words = as_root([_losetup(), "--find", "--show"])
    doing = f"Attaching the disk {file.name}"
    try:
        # Direct I/O spares the page cache a second copy; some file systems (tmpfs) don't have it.
        device = run_command([*words, "--direct-io=on", str(file)], doing=doing, timeout=30)
    except FailedError:
        device = run_command([*words, str(file)], doing=doing, timeout=30)
    return device.strip()


def detach_disks(folder: Path) -> list[str]:
    """Detaches the loop devices of a lab's disk folder, and no other; returns them."""
    loops = loop_devices(folder)
    for loop in loops:
        run_command(as_root([_losetup(), "--detach", loop.device]), doing=f"Detaching {loop.device}", timeout=30)
    return [loop.device for loop in loops]


def _losetup() -> str:
    return find_program("losetup") or "losetup"
