from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from groundplane.layers.model import Need, Step
from groundplane.plan.model import HostAction, Plan
from groundplane.run.events import WorkState
from groundplane.run.scheduler import Schedule
from tests.unit.run.builders import graph, plan, planned, step

HOSTS = ("a", "b", "c")


def names(schedule: Schedule) -> list[str]:
    return [ready.step for ready in schedule.ready()]


def done(*hosts: str) -> dict[str, WorkState]:
    return dict.fromkeys(hosts, WorkState.DONE)


def test_steps_that_dont_need_each_other_start_together() -> None:
    steps = graph(step("l.one"), step("l.two", "l.one"), step("l.three", "l.one"), step("l.four", "l.two", "l.three"))
    schedule = Schedule(plan(*(planned(name, ["a"]) for name in steps.order)), steps.steps)
    assert names(schedule) == ["l.one"]
    assert names(schedule) == []
    schedule.finished("l.one", done("a"))
    assert names(schedule) == ["l.two", "l.three"]
    schedule.finished("l.two", done("a"))
    assert names(schedule) == []
    schedule.finished("l.three", done("a"))
    assert names(schedule) == ["l.four"]
    schedule.finished("l.four", done("a"))
    assert schedule.is_done()


def test_what_waits_for_a_step_decides_which_begins_first() -> None:
    steps = graph(
        step("l.log"),
        step("l.db"),
        step("l.idle", "l.db"),
        step("l.api", "l.idle"),
        step("l.end", "l.api"),
        step("l.web", "l.db"),
    )
    schedule = Schedule(plan(*(planned(name, ["a"]) for name in steps.order if name != "l.idle")), steps.steps)
    behind = {name: schedule.behind(name) for name in steps.order}
    assert behind.pop("l.db") == (2, 3)
    assert behind.pop("l.idle") == (2, 2)
    assert behind.pop("l.api") == (1, 1)
    assert set(behind.values()) == {(0, 0)}


def test_a_failed_host_is_held_back_alone() -> None:
    steps = graph(step("l.one"), step("l.two", "l.one"))
    schedule = Schedule(plan(planned("l.one", HOSTS), planned("l.two", HOSTS)), steps.steps)
    schedule.ready()
    schedule.finished("l.one", {"a": WorkState.DONE, "b": WorkState.FAILED, "c": WorkState.DONE})
    (ready,) = schedule.ready()
    assert ready.hosts == ("a", "c")
    assert ready.held_back == {"b": "l.one failed on b"}


def test_with_everywhere_one_failure_holds_back_all() -> None:
    steps = graph(step("l.one"), step("m.two", Need("l.one", everywhere=True)), step("l.free"))
    schedule = Schedule(plan(planned("l.one", HOSTS), planned("m.two", HOSTS), planned("l.free", HOSTS)), steps.steps)
    schedule.ready()
    schedule.finished("l.one", {"a": WorkState.DONE, "b": WorkState.UNREACHABLE, "c": WorkState.DONE})
    (ready,) = schedule.ready()
    assert ready.hosts == ()
    assert set(ready.held_back) == set(HOSTS)


def test_a_leader_that_is_held_back_holds_back_all() -> None:
    steps = graph(step("l.one"), step("l.led", "l.one", leader="a"), step("l.free", "l.one"))
    schedule = Schedule(plan(*(planned(name, HOSTS) for name in steps.order)), steps.steps)
    schedule.ready()
    schedule.finished("l.one", {"a": WorkState.FAILED, "b": WorkState.DONE, "c": WorkState.DONE})
    led, free = schedule.ready()
    assert led.hosts == ()
    assert led.held_back["a"] == "l.one failed on a"
    assert led.held_back["b"] == "l.led begins on a, and l.one failed on a"
    assert free.hosts == ("b", "c")


def test_a_leader_leads_where_it_has_no_work_itself() -> None:
    steps = graph(step("l.one"), step("l.led", "l.one", leader="a"))
    schedule = Schedule(plan(planned("l.one", ["a"]), planned("l.led", ["b"])), steps.steps)
    schedule.ready()
    schedule.finished("l.one", {"a": WorkState.FAILED})
    (ready,) = schedule.ready()
    assert (ready.hosts, list(ready.held_back)) == ((), ["b"])


def test_a_leader_that_cant_be_reached_holds_back_all() -> None:
    steps = graph(step("l.led", leader="a"))
    work = planned("l.led", {"a": HostAction.UNREACHABLE, "b": HostAction.RUN})
    (ready,) = Schedule(plan(work), steps.steps).ready()
    assert ready.hosts == ()
    assert "unreachable" in ready.held_back["b"]


def test_others_than_the_leader_are_held_back_alone() -> None:
    steps = graph(step("l.one"), step("l.led", "l.one", leader="a"))
    schedule = Schedule(plan(planned("l.one", HOSTS), planned("l.led", HOSTS)), steps.steps)
    schedule.ready()
    schedule.finished("l.one", {"a": WorkState.DONE, "b": WorkState.FAILED, "c": WorkState.DONE})
    (ready,) = schedule.ready()
    assert ready.hosts == ("a", "c")


def test_needs_that_are_up_to_date_hold_nothing_back() -> None:
    steps = graph(step("l.one"), step("l.two", "l.one"))
    work = plan(planned("l.one", {"a": HostAction.UP_TO_DATE}), planned("l.two", ["a"]))
    (ready,) = Schedule(work, steps.steps).ready()
    assert (ready.step, ready.hosts) == ("l.two", ("a",))


def test_an_unreachable_host_holds_back_what_needs_it_everywhere() -> None:
    steps = graph(step("l.one"), step("m.two", Need("l.one", everywhere=True)))
    away = {"a": HostAction.RUN, "b": HostAction.UNREACHABLE}
    schedule = Schedule(plan(planned("l.one", away), planned("m.two", ["a"])), steps.steps)
    (first,) = schedule.ready()
    assert first.hosts == ("a",)
    schedule.finished("l.one", done("a"))
    (second,) = schedule.ready()
    assert second.hosts == ()
    assert "b, which is unreachable" in second.held_back["a"]


def test_a_failure_passes_through_steps_that_have_no_work() -> None:
    steps = graph(step("l.one"), step("l.two", "l.one"), step("l.three", "l.two"))
    work = plan(planned("l.one", ["a"]), planned("l.two", {"a": HostAction.UP_TO_DATE}), planned("l.three", ["a"]))
    schedule = Schedule(work, steps.steps)
    assert names(schedule) == ["l.one"]
    schedule.finished("l.one", {"a": WorkState.FAILED})
    (ready,) = schedule.ready()
    assert ready.held_back == {"a": "l.one failed on a"}


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Plan, dict[str, Step]]:
    count = draw(st.integers(1, 8))
    steps = []
    for number in range(count):
        needs = draw(st.lists(st.integers(0, number - 1), unique=True, max_size=3)) if number else []
        steps.append(step(f"l.s{number}", *(Need(f"l.s{need}", everywhere=draw(st.booleans())) for need in needs)))
    work = [planned(one.id, draw(st.lists(st.sampled_from(HOSTS), unique=True, min_size=1))) for one in steps]
    return plan(*work), {one.id: one for one in steps}


@given(graphs(), st.data())
def test_any_order_of_endings_comes_to_an_end_and_respects_the_needs(
    made: tuple[Plan, dict[str, Step]], data: st.DataObject
) -> None:
    work, steps = made
    schedule = Schedule(work, steps)
    running: list[tuple[str, tuple[str, ...]]] = []
    good: set[tuple[str, str]] = set()
    began: set[str] = set()
    planned_hosts = {one.step: one.hosts_to_run() for one in work.steps}
    while True:
        for ready in schedule.ready():
            assert ready.step not in began, "a step is given once"
            began.add(ready.step)
            assert set(ready.hosts) | set(ready.held_back) == set(planned_hosts[ready.step])
            assert not set(ready.hosts) & set(ready.held_back)
            for need in steps[ready.step].needs:
                wanted = planned_hosts[need.step] if need.everywhere else ready.hosts
                if ready.hosts:
                    assert all((need.step, host) in good for host in wanted if host in planned_hosts[need.step])
            running.append((ready.step, ready.hosts))
        if not running:
            break
        ended, hosts = running.pop(data.draw(st.integers(0, len(running) - 1)))
        outcome = {host: data.draw(st.sampled_from((WorkState.DONE, WorkState.FAILED))) for host in hosts}
        good |= {(ended, host) for host, state in outcome.items() if state is WorkState.DONE}
        schedule.finished(ended, outcome)
    assert schedule.is_done()
    assert began == set(planned_hosts)
