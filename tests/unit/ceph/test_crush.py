"""CRUSH rules and the tree, from answers of real clusters."""

from __future__ import annotations

from typing import Any

import pytest

from groundplane.ceph.crush import Rule, Tree, rule_of

from .cluster_states import answers


def rule(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"rule_id": 0, "rule_name": "rule", "steps": list(steps)}


TAKE = {"op": "take", "item": -1, "item_name": "default"}
EMIT = {"op": "emit"}


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (rule(TAKE, {"op": "chooseleaf_firstn", "num": 0, "type": "host"}, EMIT), Rule("default", "", "host")),
        (
            rule({**TAKE, "item_name": "default~ssd"}, {"op": "chooseleaf_firstn", "num": 0, "type": "rack"}, EMIT),
            Rule("default", "ssd", "rack"),
        ),
        (
            rule(
                {"op": "set_chooseleaf_tries", "num": 5},
                {"op": "set_choose_tries", "num": 100},
                TAKE,
                {"op": "chooseleaf_indep", "num": 0, "type": "host"},
                EMIT,
            ),
            Rule("default", "", "host"),
        ),
        (rule(TAKE, {"op": "choose_firstn", "num": 0, "type": "osd"}, EMIT), Rule("default", "", "osd")),
        (rule(TAKE, {"op": "choose_firstn", "num": 0, "type": "host"}, EMIT), None),
        (
            rule(
                TAKE,
                {"op": "choose_firstn", "num": 2, "type": "rack"},
                {"op": "chooseleaf_firstn", "num": 2, "type": "host"},
                EMIT,
            ),
            None,
        ),
        ({}, None),
    ],
)
def test_rules(given: dict[str, Any], read: Rule | None) -> None:
    assert rule_of(given) == read


def test_what_contains_an_osd() -> None:
    tree = Tree(answers()["osd_tree"])
    assert tree.above(2) == {"osd": "osd.2", "host": "node3", "root": "default"}
    assert tree.above(99) == {"osd": "osd.99"}
