"""File systems: what is asked for against what is there."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

filesystems: Any = importlib.import_module("ceph_filesystem")

HOSTS = ["node1", "node2", "node3"]
SMALL = {"autoscale": "off", "pg_num": 8}
SPEC = {"service_type": "mds", "service_id": "shares", "placement": {"count": 2, "hosts": HOSTS}}


def read(**written: Any) -> Any:
    found, problems = filesystems.read_filesystems([{"name": "shares", **written}], SMALL, HOSTS)
    assert problems == []
    return found[0]


def dump(*states: str, standbys: int = 1, **changed: Any) -> dict[str, Any]:
    """`fs dump`, with the file system where `states` has its servers."""
    mdsmap = {
        "fs_name": "shares",
        "max_mds": 1,
        "standby_count_wanted": 1,
        "metadata_pool_name": "cephfs.shares.meta",
        "data_pools": [2],
        "info": {f"gid_{number}": {"state": state} for number, state in enumerate(states)},
        **changed,
    }
    return {"standbys": [{}] * standbys, "filesystems": [{"mdsmap": mdsmap}] if states else []}


IDS = {"cephfs.shares.meta": 1, "cephfs.shares.data": 2}


def plan(filesystem: Any, there: dict[str, Any], services: Any = (SPEC,)) -> list[tuple[str, str]]:
    changes = filesystems.plan_filesystem(filesystem, there, list(services), hosts=HOSTS, pool_ids=IDS)
    return [(change.sentence, command.prefix) for change in changes for command in change.commands]


def test_its_pools_are_for_cephfs_and_take_the_defaults() -> None:
    metadata, data = read(pool={"size": 2, "bulk": True}).pools
    assert (metadata.name, metadata.application, metadata.size, metadata.bulk) == (
        "cephfs.shares.meta",
        "cephfs",
        2,
        None,
    )
    assert (data.name, data.autoscale, data.pg_num, data.bulk) == ("cephfs.shares.data", "off", 8, True)


def test_parts_with_parity_are_for_a_further_data_pool() -> None:
    found = read(pool={"type": "erasure", "erasure": {"k": 2, "m": 1}})
    assert [(pool.name, pool.erasure is not None) for pool in found.pools] == [
        ("cephfs.shares.meta", False),
        ("cephfs.shares.data", False),
        ("cephfs.shares.data-erasure", True),
    ]
    assert plan(found, dump("up:active")) == [
        ("file system shares: data pool cephfs.shares.data-erasure added", "fs add_data_pool")
    ]


def test_a_new_file_system_gets_its_servers_first() -> None:
    assert plan(read(standby=2), dump(), services=()) == [
        ("file system shares: metadata servers, 3 among node1, node2, node3", "orch apply"),
        ("file system shares made", "fs new"),
        ("file system shares: standby_count_wanted 1 → 2", "fs set"),
    ]


def test_what_is_as_asked_needs_nothing() -> None:
    assert plan(read(), dump("up:active")) == []


def test_other_numbers_of_servers_are_set() -> None:
    assert plan(read(active=2), dump("up:active")) == [
        ("file system shares: metadata servers, 3 among node1, node2, node3", "orch apply"),
        ("file system shares: max_mds 1 → 2", "fs set"),
    ]


def test_a_file_system_with_pools_of_other_names_keeps_them() -> None:
    theirs = dump("up:active", metadata_pool_name="their_metadata")
    assert filesystems.pools_to_plan(read(), theirs) == []
    assert filesystems.pools_to_plan(read(), dump("up:active")) == list(read().pools)
    assert plan(read(pool={"type": "erasure", "erasure": {"k": 2, "m": 1}}), theirs) == []


@pytest.mark.parametrize(
    ("there", "standbys", "told"),
    [
        (dump(), True, "isn't there"),
        (dump("up:creating"), False, "0 of 1 metadata servers are active"),
        (dump("up:active", standbys=0), True, "0 of 1 metadata servers stand by"),
        (dump("up:active", standbys=0), False, ""),
        (dump("up:active", "up:standby-replay", standbys=0), True, ""),
    ],
)
def test_what_servers_lack_is_told(there: dict[str, Any], told: str, *, standbys: bool) -> None:
    found = filesystems.lacking(read(), there, standbys=standbys)
    assert (told in found) if told else found == ""


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ([{"name": "a", "active": 3, "standby": 1}], "ceph_filesystem_group has 3"),
        ([{"name": "a", "active": 0}], "one active metadata server at least"),
        ([{"name": "a"}, {"name": "a"}], "twice"),
        ([{"name": "a", "pool": {"type": "erasure"}}], "doesn't say how"),
    ],
)
def test_what_can_not_be_is_told(written: list[dict[str, Any]], told: str) -> None:
    _, problems = filesystems.read_filesystems(written, {}, HOSTS)
    assert told in problems[0]
