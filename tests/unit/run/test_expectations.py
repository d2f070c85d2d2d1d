from __future__ import annotations

from groundplane.plan.model import HostAction
from groundplane.run.expectations import expected_run, expected_seconds
from tests.unit.run.builders import graph, plan, planned, step

STEPS = graph(step("l.one"), step("l.two", "l.one"), step("l.three", "l.one"), step("l.four", "l.two", "l.three"))


def test_the_passes_over_the_most_similar_numbers_of_hosts_count() -> None:
    seen = [(3, 10.0), (3, 12.0), (3, 90.0), (100, 500.0), (3, 11.0), (4, 13.0)]
    assert expected_seconds(seen, 3) == 12.0
    assert expected_seconds([], 3) is None


def test_the_run_takes_as_long_as_its_longest_chain() -> None:
    work = plan(*(planned(name, ["a"]) for name in STEPS.order))
    seconds = {"l.one": 10.0, "l.two": 5.0, "l.three": 20.0, "l.four": 1.0}
    assert expected_run(work, STEPS, seconds) == 31.0
    assert expected_run(work, STEPS, {"l.one": 10.0}) is None


def test_steps_without_work_take_no_time() -> None:
    idle = planned("l.three", {"a": HostAction.UP_TO_DATE})
    work = plan(planned("l.one", ["a"]), planned("l.two", ["a"]), idle, planned("l.four", ["a"]))
    assert expected_run(work, STEPS, {"l.one": 10.0, "l.two": 5.0, "l.four": 1.0}) == 16.0
