"""BlueStore's label: read from bytes as a device has them."""

from __future__ import annotations

import importlib
import struct
from typing import Any

import pytest

bluestore: Any = importlib.import_module("ceph_bluestore")

UUID = "c45bd74e-8526-4266-a0be-b9ef3c3ad9fe"
FSID = "70b3c8a6-e58e-11f1-a6ba-0267ac1f010b"
DONE = {"ceph_fsid": FSID, "kv_backend": "rocksdb", "osd_key": "AQ==", "ready": "ready", "whoami": "3"}


def label(meta: dict[str, str] | None = None, description: str = "main", version: int = 2) -> bytes:
    """Encoded as BlueStore does it."""

    def text(value: str) -> bytes:
        return struct.pack("<I", len(value)) + value.encode()

    body = bytes(16) + struct.pack("<QII", 20 << 30, 0, 0) + text(description)
    if version > 1:
        body += struct.pack("<I", len(meta or {})) + b"".join(text(k) + text(v) for k, v in (meta or {}).items())
    head: bytes = bluestore.MAGIC + UUID.encode() + b"\n"
    return (head + struct.pack("<BBI", version, 1, len(body)) + body).ljust(4096, b"\0")


def test_a_finished_osd_tells_its_number_and_its_cluster() -> None:
    assert bluestore.read_label(label(DONE)) == bluestore.Label(UUID, "block", FSID, 3, finished=True)


def test_an_osd_whose_making_was_cut_short_is_unfinished() -> None:
    """mkfs writes the cluster and the number last."""
    assert bluestore.read_label(label({"kv_backend": "rocksdb"})) == bluestore.Label(UUID, "block", "", None, False)


@pytest.mark.parametrize(("description", "role"), [("bluefs db", "db"), ("bluefs wal", "wal")])
def test_databases_and_logs_are_told_apart(description: str, role: str) -> None:
    found = bluestore.read_label(label(description=description))
    assert (found.role, found.finished) == (role, True)


def test_the_key_is_never_kept() -> None:
    assert "AQ==" not in repr(bluestore.read_label(label(DONE)))


@pytest.mark.parametrize("data", [b"", bytes(4096), b"bluestore block dev"])
def test_what_is_no_label_is_none(data: bytes) -> None:
    assert bluestore.read_label(data) is None


def test_a_damaged_label_still_is_one() -> None:
    found = bluestore.read_label(label(DONE)[:70])
    assert (found.uuid, found.finished) == (UUID, False)
