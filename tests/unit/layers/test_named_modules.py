"""Modules that lower packages name in tables, where imports would go the wrong way: they are there, and fit."""

from __future__ import annotations

from importlib import import_module

import pytest

from groundplane.checks.engine_checks import ENGINE_CHECKS, find_check
from groundplane.layers.actions import ACTIONS, find_action
from groundplane.layers.handovers import SOURCES
from groundplane.layers.sense import CHECKS
from groundplane.layers.standing import MODULES
from groundplane.site.schema import FILES, OPTIONS


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_has_its_functions(name: str) -> None:
    action = find_action(name)
    assert callable(action.state)
    assert callable(action.carry_out)


def test_checks_that_the_engine_makes_are_there() -> None:
    for checks in ENGINE_CHECKS.values():
        assert all(callable(find_check(check)) for check in checks)


@pytest.mark.parametrize(
    ("module", "function"),
    [
        *((module, "layer_problems") for module in CHECKS.values()),
        *((source.module, "fetch") for source in SOURCES.values()),
        *((module, "standing") for module in MODULES.values()),
    ],
)
def test_what_a_layer_answers_with_is_there(module: str, function: str) -> None:
    assert callable(getattr(import_module(module), function))


@pytest.mark.parametrize("name", [*FILES.values(), *OPTIONS.values()])
def test_a_model_has_a_schema(name: str) -> None:
    module, _, model = name.partition(":")
    assert getattr(import_module(module), model).model_json_schema()["properties"]
