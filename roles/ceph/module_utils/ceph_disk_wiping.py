"""Empties disks for good. Only called for what a person named and confirmed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ceph_disks import Disk

try:
    from ansible.module_utils.ceph_session import CephError, run
except ImportError:
    from ceph_session import CephError, run

MIB = 1 << 20
GIB = 1 << 30
ENDS_BYTES = 16 * MIB
"""Zeroed at both ends: partition tables, what LVM and RAID write, BlueStore's label. ceph-volume zeroes 10 MB."""
LABEL_OFFSETS = (GIB, 10 * GIB, 100 * GIB, 1000 * GIB)
"""Where later releases of Ceph keep copies of BlueStore's label (Squid: bluestore_bdev_label_multi)."""
LABEL_BYTES = 4096


def contents(disk: Disk) -> list[str]:
    """What is on a disk, in words that compare: what was confirmed is what is wiped."""
    return [*disk.holds, *(f"{part.named()} {part.uuid}" for part in disk.osds)]


def busy(disk: Disk) -> str:
    """Why a disk can't be wiped now; empty where it can. Volumes of LVM that nobody has open are taken apart."""
    mounts = [held for held in disk.holds if held.startswith("what is mounted")]
    if mounts:
        return f"{disk.path} holds {' and '.join(mounts)}: unmount that first"
    lvm = any(part.lv for part in disk.osds) or any(held.startswith("the volume group") for held in disk.holds)
    if disk.claimed and not lvm:
        return f"{disk.path} is in use (a running daemon, RAID, swap, or an open encrypted volume)"
    return ""


def wipe(disk: Disk, groups: list[str]) -> None:
    """Takes volume groups on it apart, then removes all signatures and zeroes both ends.

    Args:
        groups: volume groups that lie on it, also on other disks.

    Raises:
        CephError: the disk is in use after all, or can't be written.
    """
    for group in groups:
        _do(["vgremove", "--force", "--force", "--yes", group], f"The volume group {group} can't be removed")
    for partition in sorted(Path("/sys/class/block").glob(f"{Path(disk.path).name}/{Path(disk.path).name}*")):
        _do(["wipefs", "--all", "--force", f"/dev/{partition.name}"], f"{partition.name} can't be wiped")
    _do(["wipefs", "--all", "--force", disk.path], f"{disk.path} can't be wiped")
    try:
        _zero(disk)
    except OSError as error:
        raise CephError(f"{disk.path} can't be written: {error.strerror}") from error
    # The kernel keeps partitions that it knew until it reads the table again; a disk without any answers an error.
    run(["blockdev", "--rereadpt", disk.path])


def _zero(disk: Disk) -> None:
    # O_EXCL: the kernel refuses where the disk is mounted or has another owner.
    device = os.open(disk.path, os.O_WRONLY | os.O_EXCL | os.O_CLOEXEC)
    try:
        for offset in (0, max(0, disk.size - ENDS_BYTES)):
            _zero_at(device, offset, min(ENDS_BYTES, disk.size - offset))
        for offset in LABEL_OFFSETS:
            if offset + LABEL_BYTES <= disk.size:
                _zero_at(device, offset, LABEL_BYTES)
        os.fsync(device)
    finally:
        os.close(device)


def _zero_at(device: int, offset: int, length: int) -> None:
    zeros = bytes(min(length, MIB))
    while length > 0:
        written = os.pwrite(device, zeros[:length], offset)
        offset, length = offset + written, length - written


def _do(words: list[str], what: str) -> None:
    done = run(words)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise CephError(f"{what}: {said[-1] if said else 'no reason was given'}")
