"""Asking a host of an existing cluster: refusals, and no key in the script's answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from groundplane.ceph.adopt import reading
from groundplane.errors import FailedError, InputError
from groundplane.ssh.asking import HostAnswer

from ..cluster_states import FSID  # noqa: TID252
from .existing_clusters import adopting_answers

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...site.conftest import SiteFolder  # noqa: TID252

    Ask = Callable[[HostAnswer], reading.Existing]


@pytest.fixture
def ask(ceph_site: SiteFolder, monkeypatch: pytest.MonkeyPatch) -> Ask:
    def asked(answer: HostAnswer) -> reading.Existing:
        monkeypatch.setattr(reading, "ask_hosts", lambda *_arguments, **_more: {"node1": answer})
        return reading.read_existing(ceph_site.load(), None, "node1")  # type: ignore[arg-type]

    return asked


def answer(**data: Any) -> HostAnswer:
    return HostAnswer("node1", reachable=True, data={"clusters": [FSID], "fsid": FSID, "answers": {}, **data})


def test_a_cluster(ask: Ask) -> None:
    found = ask(answer(answers=adopting_answers()))
    assert (found.state.fsid, found.state.speaker, found.clusters) == (FSID, "node1", (FSID,))


@pytest.mark.parametrize(
    ("given", "kind", "what"),
    [
        (HostAnswer("node1", reachable=False, error="no answer"), FailedError, "node1 can't be asked"),
        (answer(fsid="", clusters=[]), InputError, "node1 can't speak for a Ceph cluster"),
        (answer(fsid=""), InputError, "node1 can't speak for a Ceph cluster"),
        (answer(clusters=["a", "b"]), InputError, "node1 has daemons of several clusters: a, b"),
        (answer(error="timed out"), FailedError, "The cluster of node1 doesn't answer"),
        (answer(answers={"orchestrator": {"backend": "rook"}}), InputError, "isn't looked after by cephadm"),
    ],
)
def test_refusals(ask: Ask, given: HostAnswer, kind: type[Exception], what: str) -> None:
    with pytest.raises(kind, match=what):
        ask(given)


def test_the_script_is_python_and_takes_the_keys_out(ceph_site: SiteFolder) -> None:
    script = reading.question(ceph_site.content.roles).decode()
    compile(script, "script", "exec")
    assert 'user.pop("key", None)' in script
