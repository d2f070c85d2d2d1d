"""Stages with playbooks that only pretend."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.errors import FailedError
from groundplane.machine.cancel import CancelToken
from groundplane.plan.model import HostProbe
from groundplane.run import stages as stages_module
from groundplane.run.events import EventKind, RunEvent, RunState, WorkState
from groundplane.run.journal.store import Journal, open_journal
from groundplane.run.means import Means
from groundplane.run.outcome import HostOutcome, PlaybookOutcome
from groundplane.run.stages import Stage, run_stages

from ..site.conftest import SiteFolder, site_folder  # noqa: TID252

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from groundplane.run.ansible import Playbook
    from groundplane.run.engine import RunResult
    from groundplane.site.site import Site

__all__ = ["site_folder"]


def stage(name: str, **more: Any) -> Stage:
    return Stage(f"ceph.{name}", f"The stage {name}", Path(f"{name}.yml"), ("node1", "node2"), **more)


STAGES = [stage("one"), stage("two"), stage("three")]


class Runner:
    """Runs stages with pretended playbooks; `pretend` may raise, cancel, or give other states."""

    def __init__(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        self.site = site
        self.journal: Journal = open_journal(site.state, "test")
        self.cancel = CancelToken()
        self.events: list[RunEvent] = []
        self.played: list[Playbook] = []
        self.pretend: Callable[[Playbook], Mapping[str, WorkState] | None] = lambda _playbook: None
        monkeypatch.setattr(stages_module, "run_playbook", self._play)
        monkeypatch.setattr(stages_module, "open_workbench", self._bench)
        monkeypatch.setattr(stages_module, "probe_hosts", self._probe)
        self.probed: list[str] = []

    @contextmanager
    def _bench(self, _site: Site, **_more: Any) -> Iterator[None]:
        yield None

    def _play(self, _bench: object, playbook: Playbook, *, cancel: CancelToken, **_more: Any) -> PlaybookOutcome:
        self.played.append(playbook)
        states = dict.fromkeys(playbook.hosts, WorkState.DONE) | dict(self.pretend(playbook) or {})
        if cancel:
            states = dict.fromkeys(playbook.hosts, WorkState.CANCELLED)
        return PlaybookOutcome({host: HostOutcome(state=state, changed=1) for host, state in states.items()}, 0.1)

    def _probe(self, _site: Site, hosts: list[str], _connection: object, **_more: Any) -> dict[str, HostProbe]:
        self.probed += hosts
        return {host: HostProbe(host=host, reachable=True, user="operator") for host in hosts}

    def see(self, event: RunEvent) -> None:
        self.events.append(event)

    def close(self) -> None:
        pass

    def run(self, *stages: Stage, **more: Any) -> RunResult:
        return run_stages(
            self.site,
            stages or STAGES,
            command="ceph test",
            means=Means(
                journal=self.journal,
                runtime=cast("Any", None),
                connection=cast("Any", None),
                secrets={},
                vault_password=b"secret",
                memory=Path("/nowhere"),
                holder="me@here",
                watchers=[self],
                cancel=self.cancel,
            ),
            **more,
        )

    @property
    def names(self) -> list[str]:
        return [playbook.id.partition(".")[2] for playbook in self.played]


@pytest.fixture
def runner(site_folder: SiteFolder, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runner]:
    found = Runner(site_folder.load(), monkeypatch)
    yield found
    found.journal.close()


def test_stages_run_in_order_with_their_variables_and_stand_in_the_journal(runner: Runner) -> None:
    result = runner.run(stage("one", variables={"ceph_osd": 3}, tags=("x",), timeout_minutes=5), stage("two"))
    assert result.state is RunState.DONE
    assert result.changed == 4
    assert runner.names == ["one", "two"]
    first = runner.played[0]
    assert first.variables == {"groundplane_step": "ceph.one", "groundplane_run": result.run, "ceph_osd": 3}
    assert (first.tags, first.timeout_minutes, first.check) == (("x",), 5, False)
    row = runner.journal.run(result.run)
    assert (row.command, row.dry, row.state) == ("ceph test", False, RunState.DONE)
    assert [step.description for step in runner.journal.steps(result.run)] == ["The stage one", "The stage two"]
    assert runner.journal.receipts() == {}
    assert runner.events[0].data == {
        "command": "ceph test",
        "check": False,
        "steps": {"ceph.one": ["node1", "node2"], "ceph.two": ["node1", "node2"]},
    }


def test_the_engine_may_do_a_stages_work_itself(runner: Runner) -> None:
    def act(*, tell: Any, say: Any, redactor: Any, cancel: Any) -> PlaybookOutcome:
        tell(EventKind.TASK_STARTED, None, "look", {"number": 1})
        say("looked")
        assert redactor.text("secret") == "********"
        assert not cancel
        return PlaybookOutcome({"node1": HostOutcome(state=WorkState.FAILED, task="look", reason="nothing there")})

    own = Stage("platform.smoke", "A look", None, ("node1",), act=act)
    result = runner.run(own)
    assert result.state is RunState.FAILED
    assert [(failure.step, failure.task, failure.reason) for failure in result.failures] == [
        ("platform.smoke", "look", "nothing there")
    ]
    assert runner.played == []


def test_a_stage_without_any_work_is_an_error(runner: Runner) -> None:
    with pytest.raises(FailedError, match="neither a playbook"):
        runner.run(Stage("platform.smoke", "Nothing", None, ("node1",)))


def test_a_failed_stage_stops_the_rest_but_not_what_runs_in_any_case(runner: Runner) -> None:
    runner.pretend = lambda playbook: {"node2": WorkState.FAILED} if playbook.id == "ceph.two" else None
    result = runner.run(always=[stage("back")])
    assert runner.names == ["one", "two", "back"]
    assert result.state is RunState.FAILED
    assert [(failure.step, failure.host) for failure in result.failures] == [("ceph.two", "node2")]
    assert result.steps["ceph.three"] is WorkState.HELD_BACK
    states = {step.step: step.state for step in runner.journal.steps(result.run)}
    assert states == {"ceph.one": "done", "ceph.two": "failed", "ceph.three": "held_back", "ceph.back": "done"}


def test_each_of_always_runs_whatever_became_of_the_one_before(runner: Runner) -> None:
    runner.pretend = lambda _playbook: {"node1": WorkState.UNREACHABLE}
    result = runner.run(stage("one"), always=[stage("back"), stage("again")])
    assert runner.names == ["one", "back", "again"]
    assert result.state is RunState.FAILED
    assert len(result.failures) == 3


def test_the_first_request_to_stop_leaves_always_to_run(runner: Runner) -> None:
    def stop(playbook: Playbook) -> None:
        if playbook.id == "ceph.one":
            runner.cancel.cancel("Ctrl-C")

    runner.pretend = stop
    result = runner.run(always=[stage("back")])
    assert runner.names == ["one", "back"]
    assert result.state is RunState.CANCELLED
    assert runner.journal.run(result.run).reason == "Ctrl-C"
    states = {step.step: step.state for step in runner.journal.steps(result.run)}
    assert states == {"ceph.one": "cancelled", "ceph.two": "cancelled", "ceph.three": "cancelled", "ceph.back": "done"}


def test_the_second_request_ends_always_too(runner: Runner) -> None:
    runner.cancel.cancel("Ctrl-C")
    runner.pretend = lambda _playbook: runner.cancel.cancel("Ctrl-C")
    result = runner.run(always=[stage("back"), stage("again")])
    assert runner.names == ["back"]
    assert result.steps == {"ceph.back": WorkState.CANCELLED}
    assert result.state is RunState.CANCELLED


def test_a_request_while_the_last_thing_is_put_back_changes_nothing(runner: Runner) -> None:
    runner.pretend = lambda playbook: runner.cancel.cancel("Ctrl-C") if playbook.id == "ceph.back" else None
    result = runner.run(stage("one"), always=[stage("back")])
    assert result.state is RunState.DONE


def test_a_folder_that_fails_is_told_after_always_ran(runner: Runner) -> None:
    def break_(playbook: Playbook) -> None:
        if playbook.id == "ceph.one":
            raise FailedError("The disk is full")

    runner.pretend = break_
    with pytest.raises(FailedError, match="disk is full"):
        runner.run(always=[stage("back")])
    assert runner.names == ["one", "back"]
    row = runner.journal.runs()[0]
    assert row.state == RunState.FAILED
    assert runner.events[-1].kind is EventKind.RUN_FINISHED


def test_a_dry_run_is_check_mode_and_the_journal_says_so(runner: Runner) -> None:
    result = runner.run(always=[stage("back")], dry=True)
    assert all(playbook.check for playbook in runner.played)
    assert runner.journal.run(result.run).dry


def test_what_only_looks_is_no_check_mode_but_changes_nothing(runner: Runner) -> None:
    runner.pretend = lambda _playbook: {"node1": WorkState.FAILED}
    result = runner.run(changes=False, keep_going=True)
    assert runner.names == ["one", "two", "three"]
    assert not any(playbook.check for playbook in runner.played)
    assert runner.journal.run(result.run).dry
    assert result.state is RunState.FAILED


def test_hosts_that_this_journal_does_not_know_are_asked_who_is_let_in(runner: Runner) -> None:
    runner.run(stage("one"))
    assert runner.probed == ["node1", "node2"]
    assert runner.played[0].users == {"node1": "operator", "node2": "operator"}


def test_what_it_is_to_do_is_kept(runner: Runner) -> None:
    assert runner.journal.run(runner.run(plan='{"whole": ["ceph"]}').run).plan == '{"whole": ["ceph"]}'
