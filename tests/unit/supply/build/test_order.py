"""The longest chain of work goes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.supply.build.order import UNKNOWN_SECONDS, chain_seconds
from groundplane.supply.build.targets import Target, Why
from tests.unit.supply.build.make import RELEASE, recipe

if TYPE_CHECKING:
    from groundplane.supply.model import Recipe


def target(made: Recipe, seconds: float | None) -> Target:
    return Target(made, RELEASE, "a" * 64, Why.NEVER, seconds=seconds)


TARGETS = {
    "base": target(recipe("base"), 60),
    "cron": target(recipe("cron", "base"), 5),
    "openstack": target(recipe("openstack", "base"), 100),
    "nova": target(recipe("nova", "openstack"), 40),
    "horizon": target(recipe("horizon", "openstack"), None),
}


def test_a_chain_is_as_long_as_its_longest_branch() -> None:
    assert chain_seconds(TARGETS, list(TARGETS)) == {
        "base": 200,
        "cron": 5,
        "openstack": 140,
        "nova": 40,
        "horizon": UNKNOWN_SECONDS,
    }


def test_images_that_are_there_count_nothing() -> None:
    assert chain_seconds(TARGETS, ["cron", "nova"]) == {"cron": 5, "nova": 40}
