"""The engine with playbooks that only pretend."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.errors import FailedError
from groundplane.machine.cancel import CancelToken
from groundplane.plan.model import Fingerprint, Plan, ReasonKind
from groundplane.run import engine as engine_module
from groundplane.run.ansible import Playbook
from groundplane.run.engine import DEPLOY, Engine, RunOptions, RunResult
from groundplane.run.events import RunEvent, RunState, WorkState
from groundplane.run.journal.store import Journal, open_journal
from groundplane.run.outcome import HostOutcome, PlaybookOutcome
from groundplane.run.redaction import Redactor
from groundplane.run.teller import Teller
from groundplane.run.users import ACCESS, Users
from tests.unit.run.builders import graph, plan, planned, step

if TYPE_CHECKING:
    from groundplane.layers.model import Graph, Step
    from groundplane.run.workbench import Workbench

Pretend = Callable[[Playbook], Mapping[str, WorkState]]


class Watching:
    def __init__(self) -> None:
        self.events: list[RunEvent] = []

    def see(self, event: RunEvent) -> None:
        self.events.append(event)

    def close(self) -> None:
        pass


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    found = open_journal(tmp_path / "state", "test")
    yield found
    found.close()


class Runner:
    """Runs plans with pretended playbooks."""

    def __init__(self, journal: Journal, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.journal = journal
        self.state = state
        self.cancel = CancelToken()
        self.watching = Watching()
        self.played: list[Playbook] = []
        self.acted: list[str] = []
        self.served: list[tuple[str, str, dict[str, Any]]] = []
        self.acting = WorkState.DONE
        self.act: Callable[[Step, Callable[[], bool]], None] = lambda _step, _alone: None
        self.renewed: Mapping[tuple[str, str], Fingerprint] = {}
        self.handed: Mapping[str, Any] = {}
        self.items: Mapping[str, str] = {}
        self.pretend: Pretend = lambda playbook: dict.fromkeys(playbook.hosts, WorkState.DONE)
        self.read: Callable[[str, Sequence[str]], Mapping[str, Mapping[str, str] | None]] = lambda _step, hosts: {
            host: {"file /etc/x": "ok"} for host in hosts
        }
        monkeypatch.setattr(engine_module, "run_playbook", self._play)

    def _act(
        self, step: Step, hosts: Sequence[str], *, alone: Callable[[], bool] = bool, **_more: Any
    ) -> PlaybookOutcome:
        self.acted.append(step.id)
        self.act(step, alone)
        return PlaybookOutcome({host: HostOutcome(state=self.acting) for host in hosts}, 0.1)

    def _play(self, _bench: Workbench, playbook: Playbook, **_more: Any) -> PlaybookOutcome:
        self.played.append(playbook)
        states = self.pretend(playbook)
        return PlaybookOutcome({host: HostOutcome(state=state, task="T") for host, state in states.items()}, 0.1)

    def _play_service(
        self,
        step: Step,
        hosts: Sequence[str],
        *,
        handed: Mapping[str, Any],
        play: Callable[[Playbook], PlaybookOutcome],
        action: str,
    ) -> PlaybookOutcome:
        self.served.append((step.service or "", action, dict(handed)))
        return play(Playbook(id=step.id, path=Path("made.yml"), hosts=tuple(hosts)))

    def run(
        self,
        work: Plan,
        steps: Graph,
        *,
        parallel: int = 2,
        check: bool = False,
        run: str = "r1",
        action: str = DEPLOY,
    ) -> RunResult:
        redactor = Redactor([])
        teller = Teller(run, state=self.state, journal=self.journal, redactor=redactor, watchers=[self.watching])
        return Engine(
            graph=steps,
            plan=work,
            journal=self.journal,
            bench=cast("Workbench", None),
            redactor=redactor,
            teller=teller,
            cancel=self.cancel,
            users=Users(operator="operator", initial="root", known={}, ready=set(), set_by_site={"own"}),
            read_state=self.read,
            act=self._act,
            hand_over=lambda _step, _hosts, *, say, play: (play(self.handed), self.items),
            play_service=self._play_service,
            options=RunOptions(run=run, holder="me@here", parallel=parallel, check=check, action=action),
            renew=lambda: self.renewed,
        ).run()


@pytest.fixture
def runner(journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    return Runner(journal, tmp_path / "state", monkeypatch)


CHAIN = graph(step("l.one"), step("l.two", "l.one"), step("l.three", "l.two"))
CHAIN_PLAN = plan(*(planned(name, ["a", "b"]) for name in CHAIN.order))


def test_everything_done_leaves_receipts_with_the_state(runner: Runner, journal: Journal) -> None:
    result = runner.run(CHAIN_PLAN, CHAIN)
    assert result.state is RunState.DONE
    assert [played.id for played in runner.played] == ["l.one", "l.two", "l.three"]
    receipts = journal.receipts()
    assert len(receipts) == 6
    assert receipts["l.two", "b"].state == {"file /etc/x": "ok"}
    assert receipts["l.two", "b"].run == "r1"
    assert journal.unfinished() == {}
    assert journal.run("r1").state == RunState.DONE
    assert {row.state for row in journal.hosts("r1")} == {WorkState.DONE}


def test_one_hosts_failure_leaves_the_others_to_finish(runner: Runner, journal: Journal) -> None:
    def pretend(playbook: Playbook) -> Mapping[str, WorkState]:
        bad = {"b": WorkState.FAILED} if playbook.id == "l.one" else {}
        return {**dict.fromkeys(playbook.hosts, WorkState.DONE), **bad}

    runner.pretend = pretend
    result = runner.run(CHAIN_PLAN, CHAIN)
    assert result.state is RunState.FAILED
    assert [(failure.step, failure.host) for failure in result.failures] == [("l.one", "b")]
    assert result.held_back["l.two"] == {"b": "l.one failed on b"}
    assert [played.hosts for played in runner.played] == [("a", "b"), ("a",), ("a",)]
    assert set(journal.receipts()) == {("l.one", "a"), ("l.two", "a"), ("l.three", "a")}
    assert {key: attempt.outcome for key, attempt in journal.unfinished().items()} == {
        ("l.one", "b"): ReasonKind.FAILED_LAST_TIME
    }
    states = {(row.step, row.host): row.state for row in journal.hosts("r1")}
    assert states["l.three", "b"] == WorkState.HELD_BACK


def test_a_host_that_was_cut_off_is_told_so_that_handlers_are_made_up_for(runner: Runner) -> None:
    runner.pretend = lambda playbook: {"a": WorkState.DONE, "b": WorkState.FAILED}
    work = plan(planned("l.one", ["a", "b"]))
    runner.run(work, CHAIN)
    runner.pretend = lambda playbook: dict.fromkeys(playbook.hosts, WorkState.DONE)
    runner.run(work, CHAIN, run="r2")
    runner.run(work, CHAIN, run="r3")
    assert [played.unfinished for played in runner.played] == [frozenset(), frozenset({"b"}), frozenset()]


def test_steps_run_side_by_side_and_no_more_than_allowed(runner: Runner) -> None:
    wide = graph(*(step(f"l.s{number}") for number in range(6)))
    at_work, most, guard = 0, 0, threading.Lock()
    three = threading.Barrier(3, timeout=30)

    def pretend(playbook: Playbook) -> Mapping[str, WorkState]:
        nonlocal at_work, most
        with guard:
            at_work += 1
            most = max(most, at_work)
        three.wait()
        # A fourth would come now.
        time.sleep(0.05)
        with guard:
            at_work -= 1
        return dict.fromkeys(playbook.hosts, WorkState.DONE)

    runner.pretend = pretend
    runner.run(plan(*(planned(name, ["a"]) for name in wide.order)), wide, parallel=3)
    assert most == 3


def beside(name: str, *needs: str, action: str = "build_images") -> Step:
    return replace(step(name, *needs), playbook=None, action=action, beside=True)


def test_a_build_runs_beside_the_steps_on_hosts_takes_no_place_of_theirs_and_is_one_at_a_time(runner: Runner) -> None:
    steps = graph(beside("s.build"), beside("s.other"), *(step(f"l.s{number}") for number in range(3)))
    at_work: list[str] = []
    most = {"s": 0, "l": 0}
    guard, played = threading.Lock(), threading.Event()

    def enter(name: str) -> None:
        with guard:
            at_work.append(name)
            for kind, before in most.items():
                most[kind] = max(before, sum(one.startswith(kind) for one in at_work))

    def act(one: Step, _alone: Callable[[], bool]) -> None:
        enter(one.id)
        # Ends only after all that is to go on meanwhile.
        assert played.wait(10)
        at_work.remove(one.id)

    def pretend(playbook: Playbook) -> Mapping[str, WorkState]:
        enter(playbook.id)
        if playbook.id == "l.s2":
            played.set()
        at_work.remove(playbook.id)
        return dict.fromkeys(playbook.hosts, WorkState.DONE)

    runner.act, runner.pretend = act, pretend
    result = runner.run(plan(*(planned(name, ["a"]) for name in steps.order)), steps, parallel=1)
    assert result.state is RunState.DONE
    assert most == {"s": 1, "l": 1}


def test_a_build_is_told_when_nothing_else_works(runner: Runner) -> None:
    steps = graph(beside("s.build"), step("l.one"))
    told: list[bool] = []
    looked = threading.Event()

    def act(_step: Step, alone: Callable[[], bool]) -> None:
        told.append(alone())
        looked.set()
        until = time.monotonic() + 10
        while not alone() and time.monotonic() < until:
            time.sleep(0.01)
        told.append(alone())

    def pretend(playbook: Playbook) -> Mapping[str, WorkState]:
        assert looked.wait(10)
        return dict.fromkeys(playbook.hosts, WorkState.DONE)

    runner.act, runner.pretend = act, pretend
    # What stands first in the plan begins first, so that it is there when the build looks.
    runner.run(plan(planned("l.one", ["a"]), planned("s.build", ["a"])), steps)
    assert told == [False, True]


def test_what_uses_images_leaves_a_receipt_with_the_images_that_the_run_built(runner: Runner, journal: Journal) -> None:
    steps = graph(beside("s.build"), step("s.pull", "s.build"), step("l.ground"))
    built = Fingerprint(inputs={"image ceph": "digest"}, digest="built")
    runner.renewed = {("s.pull", "a"): built}
    runner.run(plan(*(planned(name, ["a"]) for name in steps.order)), steps)
    receipts = journal.receipts()
    assert receipts["s.pull", "a"].fingerprint == built
    assert receipts["l.ground", "a"].fingerprint.digest == "d"


def test_a_build_that_failed_holds_back_what_needs_its_images_and_nothing_else(runner: Runner) -> None:
    steps = graph(beside("s.build"), step("s.pull", "s.build"), step("l.ground"))
    runner.acting = WorkState.FAILED
    result = runner.run(plan(*(planned(name, ["a"]) for name in steps.order)), steps)
    assert result.state is RunState.FAILED
    assert result.steps == {
        "s.build": WorkState.FAILED,
        "s.pull": WorkState.HELD_BACK,
        "l.ground": WorkState.DONE,
    }


def test_a_steps_own_variables_reach_its_playbook(runner: Runner) -> None:
    one = replace(step("l.one"), variables={"images_needed": "{{ x }}"})
    runner.run(plan(planned("l.one", ["a"])), graph(one))
    assert dict(runner.played[0].variables) == {"groundplane_step": "l.one", "images_needed": "{{ x }}"}


def test_a_cancelled_run_starts_nothing_more(runner: Runner, journal: Journal) -> None:
    def pretend(playbook: Playbook) -> Mapping[str, WorkState]:
        runner.cancel.cancel("Ctrl-C")
        return dict.fromkeys(playbook.hosts, WorkState.CANCELLED)

    runner.pretend = pretend
    result = runner.run(CHAIN_PLAN, CHAIN)
    assert result.state is RunState.CANCELLED
    assert len(runner.played) == 1
    row = journal.run("r1")
    assert (row.state, row.reason) == (RunState.CANCELLED, "Ctrl-C")
    # Only what had begun counts as an attempt.
    assert set(journal.unfinished()) == {("l.one", "a"), ("l.one", "b")}
    assert {attempt.outcome for attempt in journal.unfinished().values()} == {ReasonKind.INTERRUPTED}


def test_check_mode_writes_no_receipts(runner: Runner, journal: Journal) -> None:
    assert runner.run(CHAIN_PLAN, CHAIN, check=True).state is RunState.DONE
    assert journal.receipts() == {}
    assert all(played.check for played in runner.played)


def test_after_the_access_step_the_operator_logs_in(runner: Runner) -> None:
    steps = graph(step(ACCESS), step("bootstrap.next", ACCESS))
    runner.run(plan(planned(ACCESS, ["a", "own"]), planned("bootstrap.next", ["a", "own"])), steps)
    assert [dict(played.users) for played in runner.played] == [{"a": "root"}, {"a": "operator"}]


def test_a_host_that_is_silent_after_its_work_has_not_done_it(runner: Runner, journal: Journal) -> None:
    runner.read = lambda step, hosts: {
        host: None if (step, host) == ("l.one", "a") else {"file /etc/x": "ok"} for host in hosts
    }
    result = runner.run(CHAIN_PLAN, CHAIN)
    assert result.state is RunState.FAILED
    assert [(one.step, one.host, one.task) for one in result.failures] == [("l.one", "a", "")]
    assert "didn't answer" in result.failures[0].reason
    # It waits for what it needs; the other host goes on.
    assert set(journal.receipts()) == {("l.one", "b"), ("l.two", "b"), ("l.three", "b")}
    assert set(result.held_back["l.two"]) == {"a"}
    assert ("l.one", "a") in journal.unfinished()


def test_a_state_that_an_action_cant_read_is_kept_as_unknown(runner: Runner, journal: Journal) -> None:
    runner.read = lambda _step, hosts: dict.fromkeys(hosts)
    steps = graph(beside("l.one"))
    runner.run(plan(planned("l.one", ["a"])), steps)
    assert journal.receipts()["l.one", "a"].state is None


def test_trouble_with_a_folder_ends_the_run_in_order(runner: Runner, journal: Journal) -> None:
    def pretend(_playbook: Playbook) -> Mapping[str, WorkState]:
        raise FailedError("The disk is full", cure="Free some space")

    runner.pretend = pretend
    with pytest.raises(FailedError, match="disk is full"):
        runner.run(CHAIN_PLAN, CHAIN)
    assert journal.run("r1").state == RunState.FAILED
    assert len(runner.played) == 1


def test_an_unreachable_host_makes_the_run_fail(runner: Runner) -> None:
    work = plan(planned("l.one", ["a"]), unreachable={"b": "no route to host"})
    result = runner.run(work, CHAIN)
    assert result.state is RunState.FAILED
    assert [(failure.host, failure.reason) for failure in result.failures] == [("b", "no route to host")]


def test_watchers_see_the_whole_story_in_order(runner: Runner) -> None:
    runner.run(CHAIN_PLAN, CHAIN)
    kinds = [event.kind.value for event in runner.watching.events]
    assert kinds[0] == "run_started"
    assert kinds[-1] == "run_finished"
    assert kinds.count("step_started") == kinds.count("step_finished") == 3
    assert kinds.count("host_finished") == 6


def test_an_action_runs_in_a_playbooks_place_and_holds_back_what_needs_it(runner: Runner, journal: Journal) -> None:
    push = replace(step("supply.images"), playbook=None, action="push_images")
    steps = graph(push, step("supply.pull", "supply.images"))
    work = plan(planned("supply.images", ["a"]), planned("supply.pull", ["a"]))
    assert runner.run(work, steps).state is RunState.DONE
    assert runner.acted == ["supply.images"]
    assert [played.id for played in runner.played] == ["supply.pull"]
    assert set(journal.receipts()) == {("supply.images", "a"), ("supply.pull", "a")}
    runner.acting = WorkState.FAILED
    failed = runner.run(work, steps, run="r2")
    assert failed.state is RunState.FAILED
    assert "supply.pull" in failed.held_back


def test_a_playbook_gets_what_is_handed_over_and_its_receipt_says_so(runner: Runner, journal: Journal) -> None:
    runner.handed = {"groundplane_handover": {"ceph": "/in/memory"}}
    runner.items = {"handover ceph client.glance": "d1"}
    one = graph(step("l.one"))
    runner.run(plan(planned("l.one", ["a"])), one)
    assert runner.played[0].variables == {"groundplane_step": "l.one", "groundplane_handover": {"ceph": "/in/memory"}}
    assert journal.receipts()["l.one", "a"].state == {"file /etc/x": "ok", "handover ceph client.glance": "d1"}


def test_the_account_is_told_of_hosts_that_a_task_may_be_delegated_to() -> None:
    users = Users(operator="operator", initial="root", known={"b": "root"}, ready={"a", "b"}, set_by_site={"own"})
    users.moved("bootstrap.access", ["own", "c"])
    assert users.of(["d", "own"]) == {"a": "operator", "b": "root", "c": "operator", "d": "root"}


SERVICE = graph(replace(step("openstack.nova"), playbook=None, service="nova"))
SERVICE_PLAN = plan(planned("openstack.nova", ["a", "b"]))


def test_a_service_is_played_with_what_is_handed_over_and_leaves_receipts(runner: Runner, journal: Journal) -> None:
    runner.handed = {"groundplane_handover": {"ceph": "/memory/ceph"}}
    assert runner.run(SERVICE_PLAN, SERVICE).state is RunState.DONE
    assert runner.served == [("nova", "deploy", {"groundplane_handover": {"ceph": "/memory/ceph"}})]
    assert [(played.path.name, played.users["a"]) for played in runner.played] == [("made.yml", "root")]
    assert set(journal.receipts()) == {("openstack.nova", "a"), ("openstack.nova", "b")}


def test_a_service_that_was_stopped_leaves_no_receipt_and_no_failure(runner: Runner, journal: Journal) -> None:
    runner.pretend = lambda playbook: dict.fromkeys(playbook.hosts, WorkState.FAILED)
    runner.run(SERVICE_PLAN, SERVICE, action="stop")
    assert runner.served[0][1] == "stop"
    assert not journal.receipts()
    assert not journal.unfinished()
