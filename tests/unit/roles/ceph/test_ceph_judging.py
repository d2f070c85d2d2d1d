"""What is wrong with a cluster, by answers as one of three nodes gave them."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

judging: Any = importlib.import_module("ceph_judging")

NODES = ["node1", "node2", "node3"]
IMAGE = "registry.test:5000/groundplane/ceph@sha256:" + "a" * 64
OTHER = "registry.test:5000/groundplane/ceph@sha256:" + "b" * 64


def osd(number: int, *, up: int = 1, is_in: int = 1, state: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"osd": number, "uuid": f"uuid-{number}", "up": up, "in": is_in, "state": list(state) or ["exists", "up"]}


def daemon(kind: str, name: str, host: str, image: str = IMAGE, version: str = "18.2.7") -> dict[str, str]:
    return {"name": f"{kind}.{name}", "type": kind, "host": host, "image": image, "version": version}


def seen(**changed: Any) -> Any:
    healthy: dict[str, Any] = {
        "status": {"pgmap": {"num_pgs": 33, "pgs_by_state": [{"state_name": "active+clean", "count": 33}]}},
        "health": {"status": "HEALTH_OK", "checks": {}},
        "quorum": {"quorum_names": NODES, "monmap": {"mons": [{"name": node} for node in NODES]}},
        "mgr": {"available": True, "active_name": "node1.a", "standbys": [{"name": "node2.b"}, {"name": "node3.c"}]},
        "osd_map": {"osds": [osd(number) for number in range(3)]},
        "clocks": {"time_skew_status": {node: {"skew": 0, "health": "HEALTH_OK"} for node in NODES}},
        "daemons": [daemon("osd", str(number), node) for number, node in enumerate(NODES)],
        "orchestrator": {"available": True, "paused": False},
        "upgrade": {"in_progress": False},
        "members": [{"hostname": node, "status": ""} for node in NODES],
    }
    return judging.Seen(**{**healthy, **changed})


def asked(*, new: bool = False) -> dict[str, Any]:
    disks = [{"path": "/dev/sdc", "described": "/dev/sdc (960 GB)"}] if new else []
    return {
        node: judging.HostOsds([{"id": number, "uuid": f"uuid-{number}", "path": "/dev/sdb"}], disks)
        for number, node in enumerate(NODES)
    }


def everything(answers: Any) -> list[Any]:
    found = [
        *judging.judge_quorum(answers, NODES),
        *judging.judge_managers(answers, NODES),
        *judging.judge_orchestrator(answers, NODES),
        *judging.judge_osds(answers, asked(), NODES),
        *judging.judge_placement_groups(answers),
        *judging.judge_clocks(answers),
        *judging.judge_versions(answers, IMAGE),
        *judging.judge_crashes(answers),
    ]
    return [*found, *judging.judge_health(answers, found, [])]


def test_nothing_is_wrong_with_a_healthy_cluster() -> None:
    assert everything(seen()) == []


def test_a_node_that_is_down_is_named_once_for_each_thing_it_lacks() -> None:
    pgs = [{"state_name": "active+clean", "count": 3}, {"state_name": "active+undersized+degraded", "count": 30}]
    checks = {
        code: {"severity": "HEALTH_WARN", "summary": {"message": code}, "detail": [], "muted": False}
        for code in ("MON_DOWN", "OSD_DOWN", "OSD_HOST_DOWN", "PG_DEGRADED", "CEPHADM_HOST_CHECK_FAILED")
    }
    answers = seen(
        quorum={"quorum_names": NODES[:2], "monmap": {"mons": [{"name": node} for node in NODES]}},
        mgr={"available": True, "active_name": "node1.a", "standbys": [{"name": "node2.b"}]},
        osd_map={"osds": [osd(0), osd(1), osd(2, up=0)]},
        status={"pgmap": {"num_pgs": 33, "pgs_by_state": pgs}},
        health={"status": "HEALTH_WARN", "checks": checks},
        members=[*({"hostname": node, "status": ""} for node in NODES[:2]), {"hostname": "node3", "status": "Offline"}],
    )
    found = everything(answers)
    assert [problem.host for problem in found] == ["node3", "node3", "node3", "node3", ""]
    texts = [problem.text for problem in found]
    assert "mon.node3 isn't in the quorum (node1, node2)" in texts[0]
    assert "node3 has no manager that runs" in texts[1]
    assert "osd.2 on node3 is down" in texts[3]
    assert "30 of 33 placement groups aren't active+clean: 30 active+undersized+degraded" in texts[4]
    assert all("Cure: " in text for text in texts)
    assert not any(problem.passing for problem in found)


def test_a_cluster_without_osds_is_not_healthy_whatever_ceph_says() -> None:
    answers = seen(osd_map={"osds": []}, status={"pgmap": {"num_pgs": 0, "pgs_by_state": []}}, daemons=[])
    hosts = {node: judging.HostOsds([], []) for node in NODES}
    found = judging.judge_osds(answers, hosts, NODES)
    assert [problem.host for problem in found] == [*NODES, ""]
    assert "The cluster has no OSD" in found[-1].text


def test_a_disk_without_an_osd_and_a_forgotten_osd_are_told() -> None:
    answers = seen(osd_map={"osds": [osd(0), osd(1)]})
    texts = [problem.text for problem in judging.judge_osds(answers, asked(new=True), NODES)]
    assert len([text for text in texts if "/dev/sdc (960 GB)" in text and "has no OSD" in text]) == 3
    assert any("/dev/sdb on node3 holds osd.2, which the cluster doesn't know" in text for text in texts)


@pytest.mark.parametrize(
    ("answer", "wrong", "cure"),
    [
        (osd(2, is_in=0), "out", "ceph osd in 2"),
        (osd(2, up=0, is_in=0), "down and out", "groundplane ceph osd replace 2"),
        (osd(2, up=0, state=("destroyed",)), "destroyed", "groundplane ceph osd replace 2"),
    ],
)
def test_an_osds_state_decides_about_the_cure(answer: dict[str, Any], wrong: str, cure: str) -> None:
    [found] = judging.judge_osds(seen(osd_map={"osds": [osd(0), osd(1), answer]}), asked(), NODES)
    assert found.text.startswith(f"osd.2 on node3 is {wrong}. Cure: ")
    assert cure in found.text


def test_an_osd_on_a_host_that_did_not_answer_is_placed_by_what_it_reported() -> None:
    answers = seen(osd_map={"osds": [osd(0), osd(1), osd(2, up=0)]})
    known = {node: has for node, has in asked().items() if node != "node3"}
    [found] = judging.judge_osds(answers, known, ["node1.cloud.test", "node2.cloud.test", "node3.cloud.test"])
    assert found.host == "node3.cloud.test"


def test_names_with_a_domain_mean_the_same_hosts() -> None:
    names = [f"{node}.cloud.test" for node in NODES]
    assert judging.judge_quorum(seen(), names) == []
    assert judging.judge_managers(seen(), names) == []
    assert judging.judge_orchestrator(seen(), names) == []


def test_monitors_that_nobody_asked_for_are_told() -> None:
    [found] = judging.judge_quorum(seen(), NODES[:2])
    assert "node3" in found.text
    [found] = judging.judge_quorum(seen(), [*NODES, "node4"])
    assert found.host == "node4"
    assert "has no monitor" in found.text


def test_without_an_active_manager_only_that_is_told_of_managers() -> None:
    answers = seen(mgr={"available": False, "standbys": []}, orchestrator=None)
    [found] = judging.judge_managers(answers, NODES)
    assert found.passing
    assert judging.judge_orchestrator(answers, NODES) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"orchestrator": {"available": False, "reason": "no module"}}, "isn't at work: no module"),
        ({"orchestrator": {"available": True, "paused": True}}, "is paused"),
        ({"upgrade": {"in_progress": True, "target_image": IMAGE}}, "groundplane upgrade ceph --status"),
        ({"members": [{"hostname": node, "status": ""} for node in NODES[:2]]}, "node3 isn't a member"),
    ],
)
def test_the_orchestrator(changed: dict[str, Any], said: str) -> None:
    [found] = judging.judge_orchestrator(seen(**changed), NODES)
    assert said in found.text


def test_a_host_in_maintenance_is_told_as_that() -> None:
    members = [
        *({"hostname": node, "status": ""} for node in NODES[:2]),
        {"hostname": "node3", "status": "Maintenance"},
    ]
    [found] = judging.judge_orchestrator(seen(members=members), NODES)
    assert "groundplane ceph maintenance clear node3" in found.text


@pytest.mark.parametrize(
    ("states", "total", "bad", "passing"),
    [
        ({"active+clean": 30, "active+clean+scrubbing+deep": 3}, 33, 0, None),
        ({"active+clean": 30, "creating+peering": 3}, 33, 3, True),
        ({"active+clean": 30}, 33, 3, True),
        ({"active+clean": 30, "active+undersized+degraded": 3}, 33, 3, False),
        ({"active+clean": 30, "active+clean+inconsistent": 3}, 33, 3, False),
        ({"active+clean": 20, "down": 10, "peering": 3}, 33, 13, False),
    ],
)
def test_placement_groups(states: dict[str, int], total: int, bad: int, passing: bool | None) -> None:
    rows = [{"state_name": state, "count": count} for state, count in states.items()]
    found = judging.judge_placement_groups(seen(status={"pgmap": {"num_pgs": total, "pgs_by_state": rows}}))
    assert [problem.passing for problem in found] == ([] if passing is None else [passing])
    assert not found or found[0].text.startswith(f"{bad} of {total} ")


def test_clocks() -> None:
    rows = {"node1": {"skew": 0, "health": "HEALTH_OK"}, "node2": {"skew": -0.31, "health": "HEALTH_WARN"}}
    [found] = judging.judge_clocks(seen(clocks={"time_skew_status": rows}))
    assert found.host == "node2"
    assert "0.31 s" in found.text


def test_daemons_of_another_image_are_named_with_their_version() -> None:
    daemons = [
        daemon("osd", "0", "node1"),
        daemon("osd", "1", "node2", OTHER, "18.2.6"),
        daemon("osd", "2", "node3", "", ""),
    ]
    found = judging.judge_versions(seen(daemons=daemons), IMAGE)
    assert "1 of 2 daemons run another image than images.lock's (osd.1; 18.2.6)" in found[0].text
    assert "different versions: 18.2.6, 18.2.7" in found[1].text
    assert all("groundplane upgrade ceph" in problem.text for problem in found)


def test_the_same_image_from_a_mirror_is_the_same() -> None:
    mirrored = IMAGE.replace("registry.test:5000/groundplane", "mirror.test/other")
    assert judging.judge_versions(seen(daemons=[daemon("mon", "node1", "node1", mirrored)]), IMAGE) == []


def test_crashes_that_nobody_looked_at() -> None:
    rows = [{"entity_name": "osd.1", "timestamp": "2026-11-21T10:00:00.123Z"}] * 2
    [found] = judging.judge_crashes(seen(crashes=rows))
    assert "2 crashes" in found.text
    assert "osd.1" in found.text
    assert "2026-11-21T10:00:00Z" in found.text


def test_ceph_s_own_complaints_are_told_unless_muted_tolerated_or_said_better() -> None:
    def check(message: str, *, muted: bool = False) -> dict[str, Any]:
        detail = [{"message": "mon.node1 has 4% avail"}]
        return {"severity": "HEALTH_WARN", "summary": {"message": message}, "detail": detail, "muted": muted}

    checks = {
        "MON_DISK_LOW": check("mons are low on available space"),
        "POOL_NO_REDUNDANCY": check("1 pool has no replicas", muted=True),
        "OSD_DOWN": check("1 osds down"),
        "OSD_NEARFULL": check("1 nearfull osd(s)"),
    }
    answers = seen(health={"status": "HEALTH_WARN", "checks": checks})
    told = [judging.Problem("osds", "osd.1 is down")]
    texts = [problem.text for problem in judging.judge_health(answers, told, ["OSD_NEARFULL"])]
    assert len(texts) == 1
    assert "MON_DISK_LOW: mons are low on available space (mon.node1 has 4% avail)" in texts[0]
    # What would have been said better is said in Ceph's words where nothing was said.
    assert len(judging.judge_health(answers, [], ["OSD_NEARFULL"])) == 2


def test_long_lists_are_cut() -> None:
    assert judging.listed("abcdef") == "a, b, c, d and 2 more"
    assert judging.listed([]) == ""


def test_placement_groups_that_are_being_copied_need_patience() -> None:
    rows = [{"state_name": "active+recovery_wait+degraded", "count": 33}]
    [found] = judging.judge_placement_groups(seen(status={"pgmap": {"num_pgs": 33, "pgs_by_state": rows}}))
    assert "Cure: wait until Ceph has copied what is missing" in found.text
    assert not found.passing


def test_all_about_a_host_that_does_not_answer_is_one_sentence() -> None:
    problems = [
        judging.Problem("quorum", "mon.node3 isn't in the quorum. Cure: this", "node3"),
        judging.Problem("osds", "osd.1 on node2 is out. Cure: that", "node2"),
        judging.Problem("osds", "osd.2 on node3 is down. Cure: more", "node3"),
        judging.Problem("placement groups", "30 of 33 are bad. Cure: wait"),
    ]
    found = judging.gathered(problems, NODES[:2])
    assert [problem.text for problem in found] == [
        "node3 doesn't answer: mon.node3 isn't in the quorum; osd.2 on node3 is down. Cure: start node3",
        "osd.1 on node2 is out. Cure: that",
        "30 of 33 are bad. Cure: wait",
    ]
    assert judging.gathered(problems, NODES) == problems
