"""Servers followed until they are elsewhere."""

from __future__ import annotations

import pytest

from groundplane.errors import CancelledError
from groundplane.openstack.compute.moving import MOST_SILENT, Move, Mover, Way

from .fake_nova import FakeNova, server
from .works import Told, quick_work


def move(nova: FakeNova, *moves: Move, parallel: int = 1) -> Told:
    told = Told()
    Mover(nova, "node4", quick_work(told), parallel=parallel, clock=lambda: 0.0).run(moves)
    return told


def test_a_running_server() -> None:
    nova = FakeNova([server("web")])
    told = move(nova, Move(server("web"), Way.LIVE))
    assert nova.there["web"].host == "node5"
    assert told.ends == {"web is live-migrated": ("changed", "to node5")}
    assert told.remarks == ["0 of 1 moved; under way: web 0 s"]


def test_a_stopped_server_is_confirmed_once() -> None:
    nova = FakeNova([server("db", "SHUTOFF")])
    move(nova, Move(server("db", "SHUTOFF"), Way.COLD))
    assert nova.asked == ["cold db", "confirm db"]
    assert (nova.there["db"].host, nova.there["db"].status) == ("node5", "SHUTOFF")


def test_what_ran_on_a_dead_host_is_started_again_and_what_did_not_is_not() -> None:
    servers = [server("web"), server("db", "SHUTOFF")]
    nova = FakeNova(servers)
    move(nova, *(Move(one, Way.EVACUATE) for one in servers))
    assert nova.asked == ["evacuate web", "start web", "evacuate db"]
    assert {one.status for one in nova.servers("node5")} == {"ACTIVE", "SHUTOFF"}


def test_one_that_fails_keeps_nobody_back_and_says_why() -> None:
    nova = FakeNova([server("web"), server("db")])
    nova.stuck = {"web": "No valid host was found."}
    told = move(nova, Move(server("web"), Way.LIVE), Move(server("db"), Way.LIVE))
    assert told.ends["web is live-migrated"] == ("failed", "No valid host was found.")
    assert told.ends["db is live-migrated"][0] == "changed"


def test_where_nova_does_not_know_why_the_logs_are_named() -> None:
    nova = FakeNova([server("web")])
    nova.stuck = {"web": ""}
    [(status, why)] = move(nova, Move(server("web"), Way.LIVE)).ends.values()
    assert status == "failed"
    assert "groundplane openstack logs nova_compute --host node4 --since 10m does" in why


def test_some_at_a_time() -> None:
    servers = [server(name) for name in "abcde"]
    nova = FakeNova(servers)
    move(nova, *(Move(one, Way.LIVE) for one in servers), parallel=2)
    assert nova.most == 2
    assert len(nova.servers("node5")) == 5


def test_an_api_that_is_away_for_a_while_is_no_failure() -> None:
    nova = FakeNova([server("web")])
    nova.errors = {"web": MOST_SILENT}
    assert move(nova, Move(server("web"), Way.LIVE)).ends["web is live-migrated"][0] == "changed"
    nova = FakeNova([server("web")])
    nova.errors = {"web": MOST_SILENT + 5}
    assert move(nova, Move(server("web"), Way.LIVE)).ends["web is live-migrated"] == ("failed", "Nova doesn't answer")


def test_a_server_that_is_deleted_meanwhile_is_done() -> None:
    nova = FakeNova()
    nova.there = {"web": server("web")}
    nova.live_migrate = lambda one: nova.there.pop(one.id)  # type: ignore[method-assign,assignment]
    assert move(nova, Move(server("web"), Way.LIVE)).ends == {
        "web is live-migrated": ("changed", "it was deleted meanwhile")
    }


def test_stopped_begins_no_more_and_sees_the_rest_to_its_end() -> None:
    servers = [server("web"), server("db")]
    nova = FakeNova(servers)
    told = Told()
    work = quick_work(told, stopped=lambda: bool(nova.asked))
    mover = Mover(nova, "node4", work, parallel=1, clock=lambda: 0.0)
    with pytest.raises(CancelledError, match="Stopped: 1 of 2 servers moved, 1 not begun"):
        mover.run([Move(one, Way.LIVE) for one in servers])
    assert nova.asked == ["live web"]
    assert nova.there["web"].host == "node5"


def test_looking_only_changes_nothing() -> None:
    nova = FakeNova([server("web")])
    told = Told()
    Mover(nova, "node4", quick_work(told, check=True), parallel=1).run([Move(server("web"), Way.LIVE)])
    assert nova.asked == []
    assert told.ends == {"web is live-migrated": ("changed", "only looked at")}
