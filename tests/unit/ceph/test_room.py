"""Whether data finds another place: told from the real cluster's map, with its pools and OSDs changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from groundplane.ceph.room import room_problems

from .cluster_states import answers, healthy

if TYPE_CHECKING:
    from groundplane.ceph.state import ClusterState


def with_pools(size: int, **fields: Any) -> ClusterState:
    state = healthy(**fields)
    return replace(state, pools=tuple(replace(pool, size=size, min_size=1) for pool in state.pools))


def four_hosts(raw: dict[str, Any]) -> None:
    """node4 with an OSD, as big as the others."""
    nodes = raw["osd_tree"]["nodes"]
    next(node for node in nodes if node["type"] == "root")["children"].append(-9)
    nodes.append({"id": -9, "name": "node4", "type": "host", "children": [3]})
    nodes.append({**next(node for node in nodes if node["id"] == 0), "id": 3, "name": "osd.3"})
    raw["osd_dump"]["osds"].append({**raw["osd_dump"]["osds"][0], "osd": 3})
    raw["osd_df"]["nodes"].append({**raw["osd_df"]["nodes"][0], "id": 3})


def texts(state: ClusterState, *leaving: int) -> list[str]:
    return [problem.what for problem in room_problems(state, leaving)]


def test_too_few_hosts_for_the_copies_are_told_once_for_all_pools() -> None:
    names = ", ".join(pool.name for pool in healthy().pools)
    (problem,) = room_problems(healthy(), {2})
    assert problem.what == (
        f"the pools {names} keep 3 copies, each on another host, and 2 hosts (node1, node2) would be left"
    )
    assert "groundplane ceph host add" in problem.cure
    assert "size in ceph_pools" in problem.cure


def test_fewer_copies_or_another_host_is_enough() -> None:
    assert texts(with_pools(2), 2) == []
    assert texts(healthy(four_hosts), 2) == []


def test_pools_that_miss_no_copy_keep_osds_from_being_emptied() -> None:
    state = with_pools(2)
    pools = (replace(state.pools[0], name="strict", min_size=2), *(replace(p, min_size=1) for p in state.pools[1:]))
    (problem,) = room_problems(replace(state, pools=pools), {2})
    assert problem.what.startswith("the pool strict stops as soon as a single copy is away")
    assert "ceph osd pool set NAME min_size NUMBER" in problem.cure


def test_nothing_leaves() -> None:
    assert texts(healthy()) == []


def test_osds_that_are_down_or_out_are_no_place() -> None:
    state = healthy(four_hosts)
    down = replace(state, osds=tuple(replace(osd, up=osd.id != 3) for osd in state.osds))
    assert "2 hosts (node1, node2) would be left" in texts(down, 2)[0]
    out = replace(state, osds=tuple(replace(osd, reweight=0.0 if osd.id == 3 else 1.0) for osd in state.osds))
    assert "2 hosts (node1, node2) would be left" in texts(out, 2)[0]


def test_a_pool_of_one_class_wants_osds_of_that_class() -> None:
    def ssd_alone(raw: dict[str, Any]) -> None:
        four_hosts(raw)
        raw["crush_rules"][0]["steps"][0]["item_name"] = "default~ssd"
        for node in raw["osd_tree"]["nodes"]:
            if node["id"] in (0, 1, 2):
                node["device_class"] = "ssd"

    state = healthy(ssd_alone)
    assert texts(state, 2)[0].endswith("2 hosts (node1, node2) with OSDs of class ssd would be left")
    # What leaves isn't of that class, so no pool minds.
    assert texts(state, 3) == []


def test_parts_of_erasure_coded_pools() -> None:
    state = healthy()
    pool = replace(state.pools[0], name="cold", type="erasure", size=3)
    (problem,) = room_problems(replace(state, pools=(pool,)), {0})
    assert problem.what.startswith("the pool cold keeps 3 parts, each on another host")
    assert "fewer copies" not in problem.cure


def test_pools_with_rules_of_several_choices_are_left_to_the_person() -> None:
    def several(raw: dict[str, Any]) -> None:
        steps = raw["crush_rules"][0]["steps"]
        steps.insert(1, {"op": "choose_firstn", "num": 2, "type": "rack"})

    assert texts(healthy(several), 2) == []


def test_the_others_would_be_too_full() -> None:
    def filled(raw: dict[str, Any]) -> None:
        four_hosts(raw)
        for node in raw["osd_df"]["nodes"]:
            node["kb_used"] = int(node["kb"] * 0.7)

    (found,) = texts(healthy(filled), 2)
    assert found == (
        "21.0 GiB would have to move to the other OSDs, which would be 93% full; 85% is the limit (nearfull_ratio)"
    )


def test_each_host_that_stays_would_hold_everything() -> None:
    state = with_pools(2)
    size = state.osds[0].size
    big = replace(state, pools=(replace(state.pools[0], size=2, min_size=1, used=int(size * 1.8)),))
    (problem,) = room_problems(big, {2})
    assert "each host that stays would hold a copy of everything, 27.0 GiB, and node1 has 30.0 GiB" in problem.what
    assert answers()["osd_dump"]["nearfull_ratio"] < 0.86
