from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.e2e.faults.moments import LAST, Kind, Moment, done_part, draw_moments, steps_left
from tests.e2e.faults.records import Work

PLANNED = {("bootstrap.access", "a"), ("bootstrap.access", "b"), ("openstack.nova", "a"), ("own.step", "a")}


def done(step: str, host: str) -> Work:
    return Work("r1", step, host, "done", "then", "later")


@given(some.integers(0, 10**6))
def test_a_seed_means_the_same_moments_each_time(seed: int) -> None:
    moments = draw_moments(seed)
    assert moments == draw_moments(seed)
    assert [moment.number for moment in moments] == list(range(1, 21))


@given(some.integers(0, 10**6))
def test_moments_are_spread_over_the_whole_work_and_of_every_kind(seed: int) -> None:
    moments = draw_moments(seed)
    assert all(one.after < other.after for one, other in pairwise(moments))
    assert all(number / 20 * LAST <= moment.after <= (number + 1) / 20 * LAST for number, moment in enumerate(moments))
    assert Counter(moment.kind for moment in moments) == {Kind.PLANNING: 4, Kind.BEGINNING: 8, Kind.BETWEEN: 8}
    assert all(moment.delay <= 3 for moment in moments if moment.kind is Kind.BEGINNING)


def test_other_seeds_mean_other_moments() -> None:
    assert len({tuple(draw_moments(seed)) for seed in range(50)}) == 50


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Kind.PLANNING, "kill 3, 1.5 s after the command"),
        (Kind.BEGINNING, "kill 3, 1.5 s into the next step after 25% of the work"),
        (Kind.BETWEEN, "kill 3, 1.5 s after 25% of the work"),
    ],
)
def test_a_moment_says_when_it_is(kind: Kind, said: str) -> None:
    assert str(Moment(3, kind, after=0.25, delay=1.5, pause=0)) == said


def test_a_layers_share_of_the_work_is_that_of_its_time() -> None:
    assert done_part(PLANNED, []) == 0
    one, other = done("bootstrap.access", "a"), done("bootstrap.access", "b")
    assert done_part(PLANNED, [one]) == pytest.approx(6.5 / 75)
    assert done_part(PLANNED, [one, one]) == pytest.approx(6.5 / 75), "done in two runs is done once"
    assert done_part(PLANNED, [one, other]) == pytest.approx(13 / 75)
    assert done_part(PLANNED, [done(*place) for place in PLANNED]) == pytest.approx(1)


def test_what_is_not_done_or_not_planned_counts_for_nothing() -> None:
    failed = Work("r1", "openstack.nova", "a", "failed", "then", "later")
    assert done_part(PLANNED, [failed, done("openstack.heat", "a")]) == 0
    work = [failed, done("openstack.heat", "a"), done("own.step", "a"), done("bootstrap.access", "a")]
    assert steps_left(PLANNED, work) == {"bootstrap.access", "openstack.nova"}
