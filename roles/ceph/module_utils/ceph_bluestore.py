"""Reads the label that BlueStore keeps at the start of a device: whose OSD it is, and whether it was finished.

Source: bluestore_bdev_label_t in Ceph's src/os/bluestore/bluestore_types.cc and BlueStore::_write_bdev_label. The
label's checksum isn't verified: a damaged label still means that the device isn't empty.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

MAGIC = b"bluestore block device\n"
LABEL_BYTES = 4096
_UUID_END = 60
"""The magic, 36 characters of uuid and a line's end stand before the encoded part."""
ROLES = {"main": "block", "bluefs db": "db", "bluefs wal": "wal"}


@dataclass(frozen=True)
class Label:
    """A label.

    Attributes:
        uuid: the OSD's own id (osd_fsid), the same on its block, db and wal device.
        role: block, db or wal.
        fsid: the cluster's; empty where making the OSD was cut short, and on db and wal devices.
        osd_id: the number; None in the same cases.
        finished: whether the OSD was made to its end. True for db and wal devices, whose labels don't say.
    """

    uuid: str
    role: str
    fsid: str
    osd_id: int | None
    finished: bool


def read_label(data: bytes) -> Label | None:
    """The label in a device's first 4096 bytes; None where they hold none.

    What can't be read of a label that is there is left empty. The daemon's key, which the label holds too, is dropped.
    """
    if not data.startswith(MAGIC):
        return None
    uuid = data[len(MAGIC) : _UUID_END].decode("ascii", errors="replace").strip()
    try:
        description, meta = _decode(data)
    except (struct.error, UnicodeDecodeError):
        description, meta = "", {}
    role = ROLES.get(description, "block")
    number = meta.get("whoami", "")
    finished = role != "block" or (meta.get("ready") == "ready" and number.isdigit())
    return Label(uuid, role, meta.get("ceph_fsid", ""), int(number) if number.isdigit() else None, finished)


def _decode(data: bytes) -> tuple[str, dict[str, str]]:
    version, _compatible, _length = struct.unpack_from("<BBI", data, _UUID_END)
    # After the header of 6 bytes: the uuid in binary, the device's size and the time of its making, 16 bytes each.
    description, at = _text(data, _UUID_END + 6 + 16 + 16)
    meta: dict[str, str] = {}
    if version > 1:
        (count,) = struct.unpack_from("<I", data, at)
        at += 4
        for _ in range(count):
            name, at = _text(data, at)
            value, at = _text(data, at)
            if name in ("ceph_fsid", "ready", "whoami"):
                meta[name] = value
    return description, meta


def _text(data: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<I", data, at)
    if at + 4 + length > len(data):
        raise struct.error("longer than the label")
    return data[at + 4 : at + 4 + length].decode(), at + 4 + length
