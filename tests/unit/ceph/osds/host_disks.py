"""Disks of node2, whose OSD is osd.N of the cluster of cluster_states."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from groundplane.ceph.osds.disks import DiskOsd, DiskView, HostDisks, NewOsd

if TYPE_CHECKING:
    from groundplane.ceph.state import ClusterState, Osd

HOST = "node2"


def osd_of(state: ClusterState, host: str = HOST) -> Osd:
    (found,) = state.osds_of(host)
    return found


def disk_of(osd: Osd, fsid: str, path: str = "/dev/sdb") -> DiskView:
    part = DiskOsd(osd.id, osd.uuid, fsid, "block", finished=True)
    return DiskView(path, f"{path} (1.0 TB)", size=10**12, osds=(part,), contents=(f"{osd.name} {osd.uuid}",), busy="x")


def empty(path: str = "/dev/sdc") -> DiskView:
    return DiskView(path, f"{path} (1.0 TB)", size=10**12, empty=True)


def host_disks(*disks: DiskView, new: tuple[str, ...] = (), **more: Any) -> HostDisks:
    """Each disk is named by the site."""
    found = HostDisks(HOST, disks=disks, named={disk.path: disk.path for disk in disks}, **more)
    return replace(
        found,
        new=tuple(NewOsd(path, f"{path} (1.0 TB)", "disks") for path in new),
        intended=tuple(f"{path} (1.0 TB) becomes an OSD (drive group disks)" for path in new),
    )
