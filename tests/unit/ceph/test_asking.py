"""Who is asked for the cluster, and what is said when nobody can speak for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.ceph import asking
from groundplane.ceph.asking import QUESTIONS, ask_cluster, question
from groundplane.errors import FailedError, InputError
from groundplane.ssh.asking import HostAnswer

from ..site.conftest import SiteFolder  # noqa: TID252, TC001
from .cluster_states import FSID, answers

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundplane.ceph.state import ClusterState

FILE = "environments/ceph/configuration.yml"


def answer(host: str, **data: Any) -> HostAnswer:
    body = {"groundplane_ceph": 1, "clusters": [], "answers": {}, "unanswered": {}, **data}
    return HostAnswer(host, reachable=True, data=body)


@pytest.fixture
def ask(ceph_site: SiteFolder, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ClusterState]:
    """Asks a cluster whose hosts answer like this."""

    def ask(*found: HostAnswer, hosts: list[str] | None = None) -> ClusterState:
        def first(_site: object, asked: list[str], _connection: object, **more: Any) -> dict[str, HostAnswer]:
            given = {}
            for one in found:
                if one.host in asked:
                    given[one.host] = one
                    if more["enough"](one):
                        break
            return given

        monkeypatch.setattr(asking, "ask_first", first)
        return ask_cluster(ceph_site.load(), cast("Any", None), hosts=hosts)

    return ask


def test_the_first_monitors_host_that_answers_speaks(ask: Callable[..., ClusterState]) -> None:
    away = HostAnswer("node1", reachable=False, error="no answer")
    state = ask(away, answer("node2", fsid=FSID, answers=answers(), unanswered={"crashes": "why"}))
    assert (state.speaker, state.fsid, state.unanswered) == ("node2", FSID, {"crashes": "why"})


def test_other_hosts_can_be_named(ask: Callable[..., ClusterState]) -> None:
    assert ask(answer("node9", fsid=FSID, answers=answers()), hosts=["node9"]).speaker == "node9"


def test_a_layer_that_is_not_applied(ask: Callable[..., ClusterState]) -> None:
    away = HostAnswer("node3", reachable=False, error="no answer")
    with pytest.raises(InputError, match="no Ceph cluster yet") as caught:
        ask(answer("node1"), answer("node2"), away)
    assert caught.value.why == "no daemon of one is on node1, node2; node3 can't be reached"
    assert "groundplane apply ceph" in caught.value.cure


def test_nobody_can_be_reached(ask: Callable[..., ClusterState]) -> None:
    with pytest.raises(FailedError, match="No host can speak") as caught:
        ask(*(HostAnswer(host, reachable=False, error="no answer") for host in ("node1", "node2", "node3")))
    assert caught.value.why == "node1: no answer; node2: no answer; node3: no answer"


def test_the_few_that_can_be_reached_do_not_speak_for_all(ask: Callable[..., ClusterState]) -> None:
    away = [HostAnswer(host, reachable=False, error="no answer") for host in ("node1", "node2")]
    with pytest.raises(FailedError) as caught:
        ask(*away, answer("node3"))
    assert caught.value.why == "node1: no answer; node2: no answer; node3: it has no cluster"


def test_a_cluster_without_quorum_or_key(ask: Callable[..., ClusterState]) -> None:
    with pytest.raises(FailedError) as caught:
        ask(
            answer("node1", fsid=FSID, clusters=[FSID], error="The cluster doesn't answer: timed out"),
            answer("node2", clusters=[FSID]),
            answer("node3"),
        )
    assert caught.value.why == (
        "node1: The cluster doesn't answer: timed out; "
        f"node2: it has daemons of the cluster {FSID}, but no administrator's key; node3: it has no cluster"
    )


def test_another_cluster_than_the_sites(ask: Callable[..., ClusterState], ceph_site: SiteFolder) -> None:
    ceph_site.write(FILE, "ceph_fsid: 00000000-0000-4000-8000-000000000000\n")
    with pytest.raises(InputError, match=f"node1 belongs to the cluster {FSID}"):
        ask(answer("node1", fsid=FSID, answers=answers()))


def test_the_script_is_the_roles_own_session_and_the_questions() -> None:
    roles = Path(__file__).resolve().parents[3] / "roles"
    text = question(roles).decode()
    assert {"Session", "find_cluster", "_ask_all"} <= set(compile(text, "question", "exec").co_names)
    assert set(answers()) == set(QUESTIONS)
