"""Disks for tests of the role's code."""

from __future__ import annotations

import importlib
from typing import Any

module: Any = importlib.import_module("ceph_disks")

FSID = "70b3c8a6-e58e-11f1-a6ba-0267ac1f010b"
OTHER = "11111111-2222-3333-4444-555555555555"
TB = 10**12


def part(osd_id: int | None = 3, uuid: str = "u3", fsid: str = FSID, role: str = "block", **more: Any) -> Any:
    return module.OsdPart(osd_id, uuid, fsid, role, more.pop("finished", True), **more)


def half(uuid: str = "u3") -> Any:
    return part(None, uuid, "", finished=False)


def disk(path: str = "/dev/sdb", **more: Any) -> Any:
    given = {"size": TB, "identity": f"serial of {path}", **more}
    return module.Disk(path, **given)


def survey(*disks: Any, others: dict[str, str] | None = None, **named: str) -> Any:
    """All disks are named by their own paths; `named` adds links."""
    return module.DiskSurvey(
        {one.path: one for one in disks}, {one.path: one.path for one in disks} | named, others or {}
    )
