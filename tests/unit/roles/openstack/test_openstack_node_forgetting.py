"""A node taken out of RabbitMQ, OVN and Cinder, with pretended programs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openstack_node_forgetting import Forgetting, cinder_services, servers  # type: ignore[import-not-found]
from openstack_node_running import NodeError  # type: ignore[import-not-found]

NODE = {"name": "node3", "names": ["node3", "node3.cloud.test"], "address": "172.31.0.13"}
MEMBERS = ("rabbit@node1", "rabbit@node2", "rabbit@node3")
RAFT = """\
Role: leader
Servers:
    1a2b (1a2b at tcp:172.31.0.11:6643) (self) next_index=2
    9f00 (9f00 at tcp:172.31.0.13:6643) next_index=10 last msg 120 ms ago
"""
CINDER = """\
Binary           Host                                 Zone             Status     State Updated At
cinder-scheduler node1                                nova             enabled    :-)   2026-11-21
cinder-volume    node1@rbd-1                          nova             enabled    :-)   2026-11-21
cinder-volume    node3@rbd-1                          nova             enabled    XXX   2026-11-21
cinder-backup    node3                                nova             enabled    XXX   2026-11-21
"""


class Programs:
    """Answers by words that are in a call; remembers what changes something."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def __call__(self, *words: str) -> tuple[int, str, str]:
        line = " ".join(words)
        if "cluster_status" in line:
            return 0, json.dumps(self.answers["rabbit"]), ""
        if "cluster/status" in line:
            found = self.answers["raft"]
            return found if isinstance(found, tuple) else (0, found, "")
        if "service list" in line:
            return 0, self.answers["cinder"], ""
        if " list " in line:
            return 0, json.dumps({"data": self.answers["chassis"]}), ""
        self.asked.append(line.removeprefix("docker exec "))
        if "cluster/kick" in line:
            self.answers["raft"] = "Servers:\n    1a2b (1a2b at tcp:172.31.0.11:6643) (self)\n"
        return 0, "", ""


def forgetting(programs: Programs, **more: Any) -> Any:
    return Forgetting(programs, "docker", NODE, sleep=lambda _seconds: None, **more)


def test_queues_lose_their_replica_while_it_runs() -> None:
    programs = Programs(rabbit={"disk_nodes": MEMBERS, "running_nodes": MEMBERS})
    assert forgetting(programs).queues() == ["queues have no replica on rabbit@node3 any more"]
    assert programs.asked == ["rabbitmq rabbitmq-queues shrink rabbit@node3"]


def test_a_member_is_forgotten_once_it_has_stopped() -> None:
    programs = Programs(rabbit={"disk_nodes": list(MEMBERS), "running_nodes": list(MEMBERS[:2])})
    assert forgetting(programs).rabbit() == ["RabbitMQ forgot rabbit@node3"]
    assert programs.asked == ["rabbitmq rabbitmqctl forget_cluster_node rabbit@node3"]
    running = Programs(rabbit={"disk_nodes": list(MEMBERS), "running_nodes": list(MEMBERS)})
    with pytest.raises(NodeError, match="still runs"):
        forgetting(running).rabbit()


def test_what_is_not_there_is_passed_over() -> None:
    programs = Programs(
        rabbit={"disk_nodes": ["rabbit@node1"], "running_nodes": ["rabbit@node1"]},
        raft=RAFT.replace("172.31.0.13", "172.31.0.12"),
        chassis=[["node1", "node1.cloud.test"]],
        cinder=CINDER.replace("node3", "node2"),
    )
    work = forgetting(programs)
    assert [*work.queues(), *work.rabbit(), *work.raft("ovn_nb_db"), *work.chassis(), *work.cinder()] == []
    assert programs.asked == []
    assert forgetting(Programs(raft=(2, "", "database is not clustered"))).raft("ovn_sb_db") == []


def test_a_member_of_a_database_leaves() -> None:
    programs = Programs(raft=RAFT)
    assert forgetting(programs).raft("ovn_nb_db") == ["node3 left OVN_Northbound"]
    assert programs.asked == ["ovn_nb_db ovn-appctl -t /run/ovn/ovnnb_db.ctl cluster/kick OVN_Northbound 9f00"]


def test_a_member_that_does_not_leave_is_told() -> None:
    programs = Programs(raft=RAFT)
    work = forgetting(programs)
    work._run = lambda *_words: (0, RAFT, "")
    with pytest.raises(NodeError, match="OVN_Southbound: the member of node3 doesn't leave"):
        work.raft("ovn_sb_db")


def test_chassis_by_any_of_its_names() -> None:
    programs = Programs(chassis=[["node3", "node3.cloud.test"], ["node1", "node1.cloud.test"]])
    assert forgetting(programs).chassis() == ["OVN forgot the Chassis node3", "OVN forgot the Chassis_Private node3"]
    assert [line.partition("--if-exists ")[2] for line in programs.asked] == [
        "chassis-del node3",
        "destroy Chassis_Private node3",
    ]


def test_volumes_get_another_keeper() -> None:
    programs = Programs(cinder=CINDER)
    assert forgetting(programs).cinder() == [
        "volumes of node3@rbd-1 are kept by node1@rbd-1",
        "Cinder forgot cinder-volume on node3@rbd-1",
        "Cinder forgot cinder-backup on node3",
    ]
    assert programs.asked[0] == (
        "cinder_api cinder-manage volume update_host --currenthost node3@rbd-1#rbd-1 --newhost node1@rbd-1#rbd-1"
    )
    alone = Programs(cinder="\n".join(line for line in CINDER.splitlines() if "node1@" not in line))
    with pytest.raises(NodeError, match="no other cinder-volume keeps the volumes"):
        forgetting(alone).cinder()


def test_check_mode_changes_nothing() -> None:
    programs = Programs(
        rabbit={"disk_nodes": list(MEMBERS), "running_nodes": list(MEMBERS)},
        raft=RAFT,
        chassis=[["node3", ""]],
        cinder=CINDER,
    )
    work = forgetting(programs, check=True)
    assert all((work.queues(), work.rabbit(), work.raft("ovn_nb_db"), work.chassis(), work.cinder()))
    assert programs.asked == []


def test_what_programs_print() -> None:
    assert servers(RAFT) == {"1a2b": "172.31.0.11", "9f00": "172.31.0.13"}
    assert servers("    1a2b (1a2b at ssl:[fd00::13]:6643)") == {"1a2b": "fd00::13"}
    assert cinder_services(CINDER)[1] == ("cinder-volume", "node1@rbd-1")
