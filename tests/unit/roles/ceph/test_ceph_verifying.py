"""The whole check: what it looks at again, which flags it names, and what it tries."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Any

from tests.unit.roles.ceph.test_ceph_judging import IMAGE, NODES, asked, osd, seen

if TYPE_CHECKING:
    import pytest

verifying: Any = importlib.import_module("ceph_verifying")
session_module: Any = importlib.import_module("ceph_session")
CephError: Any = session_module.CephError

CLUSTER = session_module.Cluster("fsid", "172.31.9.11", "SECRETKEY")
SITE = verifying.Site(
    image=IMAGE,
    mons=NODES,
    mgrs=NODES,
    osd_hosts=NODES,
    members=NODES,
    asked=asked(),
    tolerated=[],
    hosts={"172.31.9.11": "node1"},
)


class Session:
    """`store` is the cluster's own; the audit log has one line."""

    def __init__(self, store: dict[str, Any] | None = None) -> None:
        self.store = store or {}

    def call(self, prefix: str, **_: Any) -> Any:
        if prefix == "config-key ls":
            return ["config-history/1/", *self.store]
        assert prefix == "log last"
        command = json.dumps([{"prefix": "osd set", "key": "noout"}])
        sender = "from='client.? 172.31.9.11:0/1' entity='client.admin'"
        return [{"stamp": "2026-11-21T10:00:00.1", "message": f"{sender} cmd={command}: dispatch"}]

    def text(self, prefix: str, *, key: str) -> str:
        assert prefix == "config-key get"
        return json.dumps(self.store[key])


def everything(_step: str) -> bool:
    return True


def settle(monkeypatch: pytest.MonkeyPatch, *answers: Any, seconds: float = 5) -> list[Any]:
    given = iter(answers)
    monkeypatch.setattr(verifying, "look", lambda session: next(given))
    times = iter(range(100))
    found: list[Any] = verifying.settle(
        Session(), SITE, everything, seconds=seconds, clock=lambda: next(times), sleep=lambda _seconds: None
    )
    return found


def placement(state: str) -> Any:
    return seen(status={"pgmap": {"num_pgs": 33, "pgs_by_state": [{"state_name": state, "count": 33}]}})


def test_a_healthy_cluster_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settle(monkeypatch, seen()) == []


def test_what_passes_by_itself_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settle(monkeypatch, placement("creating+peering"), placement("unknown"), placement("active+clean")) == []


def test_it_is_told_where_it_does_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    [found] = settle(monkeypatch, *[placement("unknown")] * 20)
    assert "33 of 33 placement groups" in found.text


def test_what_does_not_pass_by_itself_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settle(monkeypatch, seen(osd_map={"osds": [osd(0), osd(1), osd(2, up=0)]}))
    assert [problem.host for problem in found] == ["node3"]


def test_only_the_steps_that_are_asked_for_are_judged() -> None:
    answers = seen(osd_map={"osds": [osd(0), osd(1), osd(2, up=0)]}, quorum={"quorum_names": NODES[:2]})
    topics = {problem.topic for problem in verifying.judge(answers, SITE, [], lambda step: step == "osds")}
    assert topics == {"osds"}
    topics = {problem.topic for problem in verifying.judge(answers, SITE, [], lambda step: step == "cluster")}
    assert topics == {"quorum"}


def test_a_flag_is_told_with_who_set_it() -> None:
    answers = seen(osd_map={"osds": [], "flags_set": ["noout", "sortbitwise"]})
    [found] = verifying.flag_problems(Session(), answers, SITE.hosts)
    assert "since 2026-11-21T10:00:00Z by client.admin from node1" in found.text


def test_maintenance_is_told_once_with_its_flag_and_also_where_the_flag_is_gone() -> None:
    note = {"since": "2026-11-21T09:00:00Z", "by": "root@manager", "run": "r1"}
    session = Session({"groundplane/maintenance/node1": note})
    flagged = seen(osd_map={"osds": [], "crush_node_flags": {"node1": ["noout"]}})
    [found] = verifying.flag_problems(session, flagged, SITE.hosts)
    assert found.host == "node1"
    assert "root@manager" in found.text
    [found] = verifying.flag_problems(session, seen(), SITE.hosts)
    assert "Maintenance of node1, begun 2026-11-21T09:00:00Z by root@manager, was never ended" in found.text


def test_without_flags_the_log_is_not_read() -> None:
    assert verifying.flag_problems(Session(), seen(), SITE.hosts) == []


def test_what_rbd_and_the_gateways_answer_becomes_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        verifying, "check_pools", lambda *_, **__: {"images": "", "vms": "no answer within 5 seconds", "x": "not found"}
    )
    monkeypatch.setattr(
        verifying, "check_gateways", lambda *_, **__: {"node1": [], "node2": ["S3: no answer: refused"]}
    )
    monkeypatch.setattr(verifying, "Administration", FakeAdministration)
    found = verifying.try_out(
        CLUSTER, pools=["images"], image=IMAGE, gateways={"node2": "172.31.9.12"}, port=7480, tls=True, swift=True
    )
    texts = [problem.text for problem in found]
    assert "in the pool x: not found" in texts[0]
    assert "RBD gets no answer when it writes in vms" in texts[1]
    assert "The gateway of node2 (172.31.9.12:7480), S3: no answer: refused" in texts[2]
    assert found[2].host == "node2"


class FakeAdministration:
    def __init__(self, _cluster: Any) -> None:
        pass

    def __enter__(self) -> FakeAdministration:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def test_a_container_that_can_not_be_worked_in_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise CephError("No container of the cluster runs on this host")

    monkeypatch.setattr(verifying, "check_pools", refuse)
    monkeypatch.setattr(verifying, "check_gateways", refuse)
    monkeypatch.setattr(verifying, "Administration", FakeAdministration)
    options = {"image": IMAGE, "port": 7480, "tls": True, "swift": True}
    found = verifying.try_out(CLUSTER, pools=["images"], gateways={"node1": "172.31.9.11"}, **options)
    assert [problem.topic for problem in found] == ["rbd", "gateways"]
    assert verifying.try_out(CLUSTER, pools=[], gateways={}, **options) == []
