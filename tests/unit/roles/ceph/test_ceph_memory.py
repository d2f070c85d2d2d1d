from __future__ import annotations

import importlib
from typing import Any

import pytest

from tests.unit.roles.ceph.fake_cluster import FakeCluster

memory: Any = importlib.import_module("ceph_memory")
MIB = 1 << 20


def host(memory_mb: int = 64000, share: float = 0.2) -> Any:
    return memory.HostMemory(memory_mb=memory_mb, share=share, minimum_mb=896, maximum_mb=8192)


@pytest.mark.parametrize(
    ("memory_mb", "share", "osds", "target"),
    [
        (64000, 0.2, 4, 3200),
        (64000, 0.7, 1, 8192),
        (4000, 0.2, 4, 896),
    ],
)
def test_the_share_is_divided_within_its_bounds(memory_mb: int, share: float, osds: int, target: int) -> None:
    assert memory.target_bytes(host(memory_mb, share), osds) == target * MIB


def test_targets_follow_the_number_of_osds() -> None:
    cluster = FakeCluster()
    memory.note_memory(cluster, {"node1": host(), "node2": host()})
    assert memory.apply_memory(cluster) == []
    cluster.tree = [
        {"id": -1, "type": "root", "name": "default", "children": [-2, -3]},
        {"id": -2, "type": "host", "name": "node1", "children": [0, 1]},
        {"id": -3, "type": "host", "name": "stranger", "children": [2]},
    ]
    assert memory.apply_memory(cluster) == [f"osd/host:node1 osd_memory_target: not set → {6400 * MIB}"]
    cluster.tree[1]["children"] = [0, 1, 3, 4]
    assert memory.apply_memory(cluster, check=True)
    assert memory.apply_memory(cluster) == [f"osd/host:node1 osd_memory_target: {6400 * MIB} → {3200 * MIB}"]
    assert memory.apply_memory(cluster) == []


def test_hosts_are_noted_once_and_others_kept() -> None:
    cluster = FakeCluster()
    memory.note_memory(cluster, {"node1": host()})
    memory.note_memory(cluster, {"node2": host()})
    cluster.log.clear()
    memory.note_memory(cluster, {"node1": host()})
    assert cluster.log == []
    assert '"node1"' in cluster.notes[memory.HOSTS_KEY]
