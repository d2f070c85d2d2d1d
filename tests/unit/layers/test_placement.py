from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

from hypothesis import given

from groundplane.layers.placement import place
from tests.unit.layers.test_order import acyclic


@given(acyclic())
def test_boxes_stand_right_of_what_they_need_and_apart(needs: dict[str, list[str]]) -> None:
    placed = place(needs)
    for name, wanted in needs.items():
        assert all(placed.columns[need] < placed.columns[name] for need in wanted)
    by_column = defaultdict(list)
    for name, column in placed.columns.items():
        by_column[column].append(placed.rows[name])
    for rows in by_column.values():
        ordered = sorted(rows)
        assert all(low - high >= 0.999 for high, low in pairwise(ordered))
    assert all(0 <= row <= placed.height - 1 + 1e-9 for row in placed.rows.values())
    for (start, end), way in placed.arrows.items():
        assert [column for column, _ in way] == list(range(placed.columns[start] + 1, placed.columns[end]))


def test_a_chain_is_a_straight_line() -> None:
    placed = place({"a": [], "b": ["a"], "c": ["b"]})
    assert set(placed.rows.values()) == {0.0}


def test_nothing() -> None:
    assert place({}).width == 0
