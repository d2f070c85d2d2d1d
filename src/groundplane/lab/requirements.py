"""What a lab needs from the machine, checked before anything is made."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.errors import FailedError, InputError, Problem
from groundplane.lab.model import GIB
from groundplane.machine.host_commands import as_root, need_programs, run_command
from groundplane.machine.podman import has_cgroup_v2

if TYPE_CHECKING:
    from groundplane.lab.model import Needs

PROGRAMS = {
    "podman": "podman",
    "debootstrap": "debootstrap",
    "ethtool": "ethtool",
    "skopeo": "skopeo",
    "losetup": "mount",
    "ip": "iproute2",
    "git": "git",
    "ssh": "openssh-client",
    "ssh-agent": "openssh-client",
    "ssh-keyscan": "openssh-client",
}
"""Program to the Debian package that has it."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What was found: bytes for memory and disk."""

    cores: int
    memory_available: int
    disk_free: int
    disk_place: Path
    cgroup_v2: bool
    loop_devices: bool


def look_at_machine(folder: Path) -> Machine:
    """Reads the machine; `folder` is where the lab will keep its disks."""
    there = folder
    while not there.exists():
        there = there.parent
    free = min(shutil.disk_usage(place).free for place in (there, Path("/var/lib")))
    return Machine(
        cores=len(os.sched_getaffinity(0)),
        memory_available=read_memory(Path("/proc/meminfo").read_text()),
        disk_free=free,
        disk_place=there,
        cgroup_v2=has_cgroup_v2(),
        loop_devices=Path("/dev/loop-control").exists(),
    )


def read_memory(meminfo: str) -> int:
    """Bytes available, from /proc/meminfo."""
    for line in meminfo.splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


def missing_needs(machine: Machine, needs: Needs, *, disks: bool) -> list[Problem]:
    """Everything that the machine lacks."""
    problems = []
    if machine.cores < needs.cores:
        problems.append(
            Problem(
                f"{needs.cores} cores are needed, this machine has {machine.cores}", "Use a machine with more cores."
            )
        )
    if machine.memory_available < needs.memory_gib * GIB:
        problems.append(
            Problem(
                f"{needs.memory_gib:g} GiB of memory are needed, {machine.memory_available / GIB:.1f} are available",
                "End other programs, take another lab down, or use a smaller --profile or fewer --nodes.",
            )
        )
    if machine.disk_free < needs.disk_gib * GIB:
        problems.append(
            Problem(
                f"{needs.disk_gib:g} GiB of disk are needed, {machine.disk_free / GIB:.1f} GiB are free",
                f"Free some space (df -h {machine.disk_place} /var/lib), or set XDG_STATE_HOME to a larger disk.",
            )
        )
    if disks and not machine.loop_devices:
        problems.append(Problem("This kernel offers no loop devices", "sudo modprobe loop"))
    return problems


def check_machine(needs: Needs, folder: Path, *, disks: bool) -> Machine:
    """Checks programs, rights, cores, memory, disk and loop devices.

    Raises:
        InputError: all that is missing.
    """
    need_programs(PROGRAMS)
    if os.geteuid() != 0:
        try:
            run_command(as_root(["true"]), doing="Asking for root", timeout=10)
        except FailedError as refused:
            raise InputError(
                "A lab needs root: for containers with an init system, networks and loop devices",
                why=refused.why,
                cure="Call sudo -v first, or run this as root.",
            ) from refused
    machine = look_at_machine(folder)
    problems = missing_needs(machine, needs, disks=disks)
    if problems:
        raise InputError("This machine is too small for the lab", problems=tuple(problems))
    return machine
