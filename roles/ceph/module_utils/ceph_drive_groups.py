"""Drive groups: which disks of a host become OSDs, and which of those named can't.

The filters mean what they mean in cephadm's OSD service specifications (cephadm/services/osd, "Advanced OSD Service
Specifications"); one thing is different: a disk that a person named by path and that can't be used is a problem, where
cephadm is silent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from ceph_disks import Disk, DiskSurvey, OsdPart

UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
SMALLEST_BYTES = 5 * 10**9
"""ceph-volume takes no smaller disks."""
EXACT = 0.01
"""A size without a range fits within one per cent: a 4 TB disk isn't one of 4 000 000 000 000 bytes."""
PURPOSES = ("data_devices", "db_devices", "wal_devices")


class DriveGroupError(Exception):
    """A drive group says what can't be; the sentence is for people."""


@dataclass
class Assignment:
    """What a drive group gets on a host: all its disks, and of the data disks those that are to be prepared."""

    group: dict[str, Any]
    data: list[Disk] = field(default_factory=list)
    new: list[Disk] = field(default_factory=list)
    db: list[Disk] = field(default_factory=list)
    wal: list[Disk] = field(default_factory=list)

    @property
    def name(self) -> str:
        return str(self.group.get("name", ""))

    @property
    def raw(self) -> bool:
        return self.group.get("method") == "raw"


@dataclass
class DrivePlan:
    """What a host's disks are for.

    Attributes:
        problems: why disks that a person named can't be used, a sentence each.
        unfinished: disks on which a run that died left half an OSD.
        osds: OSDs of this cluster on this host that drive groups name, with their group.
    """

    assignments: list[Assignment] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    unfinished: list[Disk] = field(default_factory=list)
    osds: list[tuple[OsdPart, Assignment]] = field(default_factory=list)

    def new(self) -> list[Disk]:
        return [disk for assignment in self.assignments for disk in assignment.new]


def named_paths(groups: list[dict[str, Any]]) -> list[str]:
    """All paths that drive groups name."""
    return [path for group in groups for purpose in PURPOSES for path in (group.get(purpose) or {}).get("paths") or []]


def plan_drives(
    groups: list[dict[str, Any]],
    survey: DiskSurvey,
    *,
    fsid: str,
    ours: tuple[str, ...] = (),
    unborn: tuple[str, ...] = (),
) -> DrivePlan:
    """Gives each disk to the first group that it fits.

    Args:
        fsid: this cluster's id; empty where there is none yet.
        ours: identities of disks on which this host was about to make OSDs when a run died.
        unborn: ids (uuids) of OSDs that the cluster has registered and that never ran.

    Raises:
        DriveGroupError: a group's own words can't be understood.
    """
    plan = DrivePlan()
    taken: dict[str, str] = {}

    def unfinished(disk: Disk) -> bool:
        if disk.claimed or any(part.finished and part.role == "block" for part in disk.osds):
            return False
        if disk.identity and disk.identity in ours:
            return not [
                held for held in disk.holds if not held.startswith(("a physical volume", "the volume group ceph-"))
            ]
        half = [part for part in disk.osds if not part.finished]
        return bool(half) and not disk.holds and all(part.uuid in unborn for part in disk.osds)

    def pick(group: dict[str, Any], purpose: str) -> list[Disk]:
        wanted = group.get(purpose) or {}
        if not wanted:
            return []
        found = []
        for path in wanted.get("paths") or []:
            problem, disk = _named(path, survey, fsid, purpose, unfinished)
            if problem:
                plan.problems.append(problem)
            elif disk and taken.setdefault(disk.path, group["name"]) == group["name"] and disk not in found:
                found.append(disk)
        if _filters(wanted):
            for disk in survey.disks.values():
                usable = disk.empty() or unfinished(disk) or _is_ours(disk, fsid, purpose)
                if disk.path not in taken and usable and disk.size >= SMALLEST_BYTES and _fits(wanted, disk):
                    taken[disk.path] = group["name"]
                    found.append(disk)
        # Disks that have OSDs already come first, so that a limit never takes one away for an empty one.
        found.sort(key=lambda disk: not disk.osds)
        return found[: wanted["limit"]] if wanted.get("limit") else found

    for group in groups:
        # Databases first: a disk named for them may fit the data's filter as well.
        db, wal = pick(group, "db_devices"), pick(group, "wal_devices")
        assignment = Assignment(group, data=pick(group, "data_devices"), db=db, wal=wal)
        for disk in assignment.data:
            blocks = [part for part in disk.osds if part.role == "block" and part.finished]
            if unfinished(disk):
                plan.unfinished.append(disk)
                assignment.new.append(disk)
            elif blocks:
                plan.osds += [(part, assignment) for part in blocks]
            else:
                assignment.new.append(disk)
        plan.unfinished += [disk for disk in (*db, *wal) if unfinished(disk)]
        plan.problems += _impossible(assignment)
        plan.assignments.append(assignment)
    plan.problems = list(dict.fromkeys(plan.problems))
    return plan


def _named(
    path: str, survey: DiskSurvey, fsid: str, purpose: str, unfinished: Callable[[Disk], bool]
) -> tuple[str, Disk | None]:
    """Why the disk at a path that a person named can't be used, else the disk."""
    if path in survey.others:
        return f"{path} is {survey.others[path]}; OSDs are made of whole disks", None
    if path not in survey.named:
        return f"{path} doesn't exist", None
    disk = survey.disks[survey.named[path]]
    if unfinished(disk) or _is_ours(disk, fsid, purpose):
        return "", disk
    why = _unusable(disk, fsid)
    who = path if path == disk.path else f"{path} ({disk.path})"
    return (f"{who} {why}", None) if why else ("", disk)


def _unusable(disk: Disk, fsid: str) -> str:
    if disk.osds:
        return f"holds {_foreign(disk, fsid)}"
    if disk.holds:
        return f"holds {' and '.join(disk.holds)}"
    if disk.read_only:
        return "can only be read"
    if disk.claimed:
        return "is in use"
    if disk.size < SMALLEST_BYTES:
        return f"is too small ({disk.size / 10**9:.1f} GB; 5 GB are needed)"
    return ""


def _foreign(disk: Disk, fsid: str) -> str:
    part = disk.osds[0]
    if part.fsid and part.fsid != fsid:
        return f"{part.named()} of another cluster ({part.fsid})"
    return part.named()


def _is_ours(disk: Disk, fsid: str, purpose: str) -> bool:
    """Whether it already serves this cluster for that purpose."""
    parts = [part for part in disk.osds if part.finished]
    if not parts or disk.holds:
        return False
    if purpose == "data_devices":
        return bool(fsid) and all(part.fsid == fsid for part in parts) and any(part.role == "block" for part in parts)
    # A db's or wal's bare label doesn't say whose it is; LVM's tags do.
    return all(part.role != "block" and part.fsid in ("", fsid) for part in parts)


def _impossible(assignment: Assignment) -> list[str]:
    """What can't be made of a group's disks."""
    group = assignment.group
    if not assignment.raw:
        return []
    name = f"The drive group {assignment.name} has the method raw, "
    problems = []
    if group.get("encrypted"):
        problems.append(f"{name}which can't encrypt; use the method lvm")
    if int(group.get("osds_per_device") or 1) > 1:
        problems.append(f"{name}which makes one OSD of a disk; use the method lvm for osds_per_device")
    for purpose, disks in (("db_devices", assignment.db), ("wal_devices", assignment.wal)):
        free = [disk for disk in disks if not any(part.finished for part in disk.osds)]
        if group.get(purpose) and len(free) < len(assignment.new):
            problems.append(
                f"{name}which gives each OSD a whole disk of {purpose}: {len(assignment.new)} are needed,"
                f" {len(free)} are free; use the method lvm to share disks"
            )
    return problems


def _filters(wanted: dict[str, Any]) -> bool:
    given = ("rotational", "size", "model", "vendor")
    return not wanted.get("paths") and (bool(wanted.get("all")) or any(wanted.get(key) is not None for key in given))


def _fits(wanted: dict[str, Any], disk: Disk) -> bool:
    """All of the filters that are given have to fit (filter_logic AND, cephadm's default)."""
    if wanted.get("rotational") is not None and bool(wanted["rotational"]) != disk.rotational:
        return False
    if wanted.get("model") and str(wanted["model"]) not in disk.model:
        return False
    if wanted.get("vendor") and str(wanted["vendor"]) not in disk.vendor:
        return False
    if wanted.get("size"):
        least, most = parse_size_range(str(wanted["size"]))
        return least <= disk.size <= most
    return True


def parse_size_range(text: str) -> tuple[float, float]:
    """Least and most bytes of "1TB", "1TB:4TB", ":2TB" or "1TB:"; units are decimal.

    Raises:
        DriveGroupError: it is none of these.
    """
    least, colon, most = text.strip().partition(":")
    if not colon:
        size = parse_size(least)
        return size * (1 - EXACT), size * (1 + EXACT)
    if not least and not most:
        raise DriveGroupError(f"The size {text!r} has neither a least nor a most")
    return (parse_size(least) if least else 0.0), (parse_size(most) if most else float("inf"))


def parse_size(text: str) -> float:
    """Bytes of "60G", "1.5TB", "500 MB" or a plain number.

    Raises:
        DriveGroupError: it is none of these.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)B?\s*", text, re.IGNORECASE)
    if not found:
        raise DriveGroupError(f"The size {text!r} isn't one; write for example 4TB, 1TB:4TB or 60G")
    return float(found.group(1)) * UNITS[found.group(2).upper()]
