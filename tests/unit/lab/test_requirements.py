"""What the machine lacks is said before anything is made, and all of it at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from groundplane.lab.model import GIB, Needs
from groundplane.lab.requirements import Machine, look_at_machine, missing_needs, read_memory

NEEDS = Needs(cores=2, memory_gib=4, disk_gib=10)
GOOD = Machine(
    cores=2, memory_available=4 * GIB, disk_free=10 * GIB, disk_place=Path("/"), cgroup_v2=True, loop_devices=True
)


def test_a_machine_that_just_fits() -> None:
    assert missing_needs(GOOD, NEEDS, disks=True) == []


def test_everything_is_named_with_figures_and_a_cure() -> None:
    poor = replace(GOOD, cores=1, memory_available=GIB, disk_free=GIB // 2, loop_devices=False)
    problems = missing_needs(poor, NEEDS, disks=True)
    told = [problem.what for problem in problems]
    assert "2 cores are needed, this machine has 1" in told
    assert "4 GiB of memory are needed, 1.0 are available" in told
    assert "10 GiB of disk are needed, 0.5 GiB are free" in told
    assert len(told) == 4
    assert all(problem.cure for problem in problems)


def test_loop_devices_only_matter_for_disks() -> None:
    assert missing_needs(replace(GOOD, loop_devices=False), NEEDS, disks=False) == []


def test_memory_is_what_is_available_not_what_is_free() -> None:
    assert read_memory("MemTotal: 100 kB\nMemFree: 1 kB\nMemAvailable:   50 kB\n") == 50 * 1024


def test_a_folder_that_is_not_there_yet_is_measured_by_its_parent(tmp_path: Path) -> None:
    machine = look_at_machine(tmp_path / "not" / "yet")
    assert machine.disk_place == tmp_path
    assert machine.cores > 0
