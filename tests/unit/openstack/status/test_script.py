"""What a host answers, with a pretended container engine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from groundplane.openstack.status import script

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

RAFT = """\
1a2b
Name: OVN_Northbound
Cluster ID: 77aa (77aa0000-0000-4000-8000-000000000000)
Server ID: 1a2b (1a2b0000-0000-4000-8000-000000000000)
Address: tcp:172.31.0.11:6643
Status: cluster member
Role: leader
Term: 3
Leader: self
Servers:
    1a2b (1a2b at tcp:172.31.0.11:6643) (self) next_index=2 match_index=9
    3c4d (3c4d at tcp:172.31.0.12:6643) next_index=10 match_index=9 last msg 120 ms ago
"""


def test_raft() -> None:
    found = script.read_raft(RAFT)
    assert (found["role"], found["status"], found["leader"]) == ("leader", "cluster member", "self")
    assert found["servers"] == {
        "1a2b": {"address": "tcp:172.31.0.11:6643", "self": True, "silent_ms": None},
        "3c4d": {"address": "tcp:172.31.0.12:6643", "self": False, "silent_ms": 120},
    }


def test_galera_is_asked_without_its_password_in_a_list_of_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mariadb").mkdir()
    (tmp_path / "mariadb" / "galera.cnf").write_text("[mysqld]\nwsrep_sst_auth=root:pa55word\n")
    asked: list[tuple[tuple[str, ...], str]] = []

    def ask(*words: str, seconds: float, given: str) -> str:
        asked.append((words, given))
        return (
            "wsrep_cluster_size\t3\nwsrep_cluster_status\tPrimary\nwsrep_local_state_comment\tSynced\nwsrep_ready\tON\n"
        )

    monkeypatch.setattr(script, "CONFIGURATION", tmp_path)
    monkeypatch.setattr(script, "ask", ask)
    assert script.galera("docker") == {"size": 3, "status": "Primary", "state": "Synced", "ready": True}
    [(words, given)] = asked
    assert "pa55word" not in " ".join(words)
    assert 'password="pa55word"' in given


def test_containers_with_health_and_restarts(monkeypatch: pytest.MonkeyPatch) -> None:
    state = {"Status": "exited", "StartedAt": "a", "FinishedAt": "b", "ExitCode": 1}
    state["Health"] = {"Status": "unhealthy", "Log": [{"Output": "old"}, {"Output": "no\n  answer"}]}
    one: dict[str, Any] = {"Name": "/nova_api", "Config": {"Image": "x/nova-api:1"}, "State": state}
    units = "Id=kolla-nova_api-container.service\nNRestarts=4\n\nId=other.service\nNRestarts=9\n"
    monkeypatch.setattr(script, "ask", lambda *words, **_more: units if words[0] == "systemctl" else "abc\n")

    class Done:
        stdout = json.dumps([one])

    monkeypatch.setattr("subprocess.run", lambda *_words, **_more: Done)
    [found] = script.containers("docker")
    assert (found["name"], found["state"], found["health"], found["since"]) == ("nova_api", "exited", "unhealthy", "b")
    assert (found["restarts"], found["said"]) == (4, "no answer")


def test_a_cluster_that_does_not_answer_is_told_and_the_others_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_engine: str) -> dict[str, Any]:
        raise script.AskError("no answer")

    monkeypatch.setattr(
        script, "CLUSTERS", {"galera": ("mariadb", fails), "ovn_nb": ("ovn_nb_db", lambda _engine: {"role": "leader"})}
    )
    assert script.clusters("docker", {"mariadb", "ovn_nb_db"}) == {
        "galera": {"error": "no answer"},
        "ovn_nb": {"role": "leader"},
    }
    assert script.clusters("docker", {"ovn_nb_db"}) == {"ovn_nb": {"role": "leader"}}
