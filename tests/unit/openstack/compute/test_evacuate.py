"""A dead host's servers."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.errors import FailedError, InputError
from groundplane.openstack.compute.evacuate import evacuate, plan_evacuate

from .fake_nova import HOSTS, FakeNova, server
from .works import Told, quick_work

if TYPE_CHECKING:
    from groundplane.openstack.compute.nova import Server
    from groundplane.run.operation import Operation

SITE = cast("Any", SimpleNamespace(inventory=SimpleNamespace(hosts=("node4", "node5"), group_hosts={})))
DOWN = (replace(HOSTS[0], up=False), HOSTS[1])


def plan(*servers: Server, answers: bool = False, hosts: Any = DOWN) -> Operation:
    return plan_evacuate(SITE, hosts, servers, "node4", answers=answers, by="me")


def test_a_person_has_to_say_that_the_host_is_off() -> None:
    found = plan(server("web"), server("db", "SHUTOFF"), server("x", "PAUSED"))
    assert found.confirm == "node4"
    assert "run twice" in found.danger
    assert found.lines[1].startswith("2 servers of node4 are made anew on other hosts")
    assert found.warnings == ("These can't be evacuated as they are: x PAUSED.",)
    assert found.stages[0].hosts == ("node5",)


def test_a_host_that_reports_or_answers_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        plan(server("web"), answers=True, hosts=HOSTS)
    assert [one.what for one in refused.value.problems] == [
        "nova-compute on node4 reports",
        "node4 answers, so its servers may still run",
    ]


def test_a_host_that_was_told_to_be_down_goes_on() -> None:
    hosts = (replace(HOSTS[0], forced_down=True), HOSTS[1])
    assert plan(server("web"), hosts=hosts).stages
    assert plan(hosts=hosts).nothing == "it has no servers"


def test_what_ran_comes_first_and_runs_again() -> None:
    nova = FakeNova([server("db", "SHUTOFF"), server("web")])
    evacuate(cast("Any", nova), DOWN[0], quick_work(Told()), reason="me", parallel=1)
    assert nova.asked == ["disable node4 (me)", "node4 down", "evacuate web", "start web", "evacuate db"]


def test_what_was_being_done_when_the_host_went_keeps_nobody_there() -> None:
    nova = FakeNova(
        [server("web", "REBOOT", task="rebooting", machine="active"), server("x", "RESIZE", machine="resized")]
    )
    with pytest.raises(FailedError, match="1 server still belongs to node4: x"):
        evacuate(cast("Any", nova), DOWN[0], quick_work(Told()), reason="me", parallel=1)
    assert nova.asked[2:] == ["evacuate web", "start web"]


def test_an_evacuation_that_was_cut_off_is_seen_to_its_end_and_not_begun_again() -> None:
    nova = FakeNova([server("web", "REBUILD", task="rebuilding", machine="active"), server("db", "SHUTOFF")])
    nova.under_way("web", "SHUTOFF")
    found = plan(*nova.servers("node4"))
    assert found.warnings == ()
    assert "1 of them ran" in found.lines[1]
    evacuate(cast("Any", nova), DOWN[0], quick_work(Told()), reason="me", parallel=1)
    assert nova.asked[2:] == ["start web", "evacuate db"]
    assert nova.servers("node4") == ()


def test_what_is_left_fails() -> None:
    nova = FakeNova([server("web"), server("x", "PAUSED")])
    with pytest.raises(FailedError, match="1 server still belongs to node4: x"):
        evacuate(cast("Any", nova), DOWN[0], quick_work(Told()), reason="me", parallel=1)
