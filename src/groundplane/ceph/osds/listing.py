"""OSDs and disks side by side, host by host: for people and for programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundplane.ceph.osds.disks import known_osds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from groundplane.ceph.osds.disks import DiskView, HostDisks
    from groundplane.ceph.state import ClusterState, Osd


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list: an OSD with its disk, or a disk without one.

    Attributes:
        osd: "osd.3"; empty where the disk has none of this cluster's.
        state: up, down, out, destroyed, unborn (registered, never made); of a disk: new, empty, in use, or refused.
        size, used: bytes; `used` is None for disks without an OSD.
        disk: path and model; of an OSD whose disk isn't there, what it was.
        note: what there is to say besides.
    """

    host: str
    osd: str
    state: str
    device_class: str
    size: int
    used: int | None
    disk: str
    note: str = ""


def list_osds(state: ClusterState, disks: Mapping[str, HostDisks]) -> list[Row]:
    """All OSDs, and all disks of the hosts that were asked."""
    rows: list[Row] = []
    for host, found in disks.items():
        rows += _of_host(state, host, found)
    unborn = {osd["id"] for osd in known_osds(state) if osd["unborn"]}
    for osd in state.osds:
        if osd.id in unborn and not osd.host:
            rows.append(Row("", osd.name, "unborn", "", 0, None, "", "a run that died registered it and never made it"))
        elif osd.host not in disks:
            rows.append(_osd_row(osd, (), ""))
    return rows


def _of_host(state: ClusterState, host: str, found: HostDisks) -> Iterator[Row]:
    shown: set[str] = set()
    for osd in state.osds_of(host):
        mine = () if osd.destroyed else tuple(disk for disk in found.disks if _holds(disk, osd, state.fsid))
        shown |= {disk.path for disk in mine}
        note = found.error and f"{host} can't be asked: {found.error}"
        if not note and not mine and not osd.destroyed:
            note = "its disk isn't there"
        yield _osd_row(osd, mine, note)
    new = {each.path: each.group for each in found.new}
    for disk in found.disks:
        if disk.path in shown:
            continue
        if disk.path in new:
            yield _disk_row(host, disk, "new", f"the next apply makes an OSD of it (drive group {new[disk.path]})")
        elif disk.empty:
            yield _disk_row(host, disk, "empty", "no drive group takes it")
        else:
            yield _disk_row(host, disk, "in use", "; ".join(disk.contents) or "the system has it")
    if found.refusal:
        yield Row(host, "", "refused", "", 0, None, "", found.refusal)


def _holds(disk: DiskView, osd: Osd, fsid: str) -> bool:
    return any(part.uuid == osd.uuid and part.role == "block" and part.fsid in ("", fsid) for part in disk.osds)


def _osd_row(osd: Osd, disks: tuple[DiskView, ...], note: str) -> Row:
    if osd.destroyed:
        state, note = "destroyed", note or "its id waits for a new disk"
    else:
        state = ("up" if osd.up else "down") + ("" if osd.in_ else ", out")
    where = ", ".join(disk.described for disk in disks) or ", ".join(osd.devices)
    size = osd.size or sum(disk.size for disk in disks)
    return Row(osd.host, osd.name, state, osd.device_class, size, osd.used, where, note)


def _disk_row(host: str, disk: DiskView, state: str, note: str) -> Row:
    return Row(host, "", state, "", disk.size, None, disk.described, note)
