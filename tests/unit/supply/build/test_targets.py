"""Which images are up to date, and why the others aren't."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from groundplane.errors import InputError
from groundplane.supply.build.targets import Target, Why, find_targets, in_order
from groundplane.supply.model import Package, Recipe
from groundplane.supply.pins import Pins
from groundplane.supply.records import write_record
from tests.unit.supply.build.make import RELEASE, MemoryStore, recipe, record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BASE = recipe("base")
NOVA = recipe("nova", "base")
API = recipe("nova-api", "nova")
CRON = recipe("cron", "base")
ALL = (BASE, NOVA, API, CRON)


class Machine:
    """A cache and a store, in which builds are recorded by hand."""

    def __init__(self, cache: Path) -> None:
        self.cache = cache
        self.store = MemoryStore()

    def targets(
        self, *recipes: Recipe, pins: Mapping[str, Pins] | None = None, fresh: tuple[str, ...] = ()
    ) -> dict[str, Target]:
        return find_targets(recipes, release=RELEASE, cache=self.cache, store=self.store, pins=pins, fresh=fresh)

    def reasons(self, *recipes: Recipe, pins: Mapping[str, Pins] | None = None) -> dict[str, Why]:
        return {name: target.why for name, target in self.targets(*recipes, pins=pins).items()}

    def build(self, *recipes: Recipe, digest: str = "d", bash: str = "5.2", at: str = "2026-01-01") -> None:
        for number, target in enumerate(self.targets(*recipes).values()):
            built = record(
                target.name,
                target.identity,
                parent=target.recipe.parent,
                digest=f"sha256:{digest * 64}",
                debian=(Package("bash", bash),),
                built_at=f"{at}T00:00:00+00:00",
                bytes=100 * (number + 1),
            )
            write_record(self.cache, built)
            self.store.digests.add((target.name, built.digest))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_on_an_empty_machine_everything_is_built(machine: Machine) -> None:
    assert machine.reasons(*ALL) == dict.fromkeys(["base", "nova", "nova-api", "cron"], Why.NEVER)


def test_what_was_built_is_up_to_date(machine: Machine) -> None:
    machine.build(*ALL)
    assert set(machine.reasons(*ALL).values()) == {Why.UP_TO_DATE}
    assert all(target.record is not None for target in machine.targets(*ALL).values())


def test_a_changed_child_is_built_alone(machine: Machine) -> None:
    machine.build(*ALL)
    found = machine.reasons(BASE, NOVA, replace(API, digest="2" * 64), CRON)
    assert found == {
        "base": Why.UP_TO_DATE,
        "nova": Why.UP_TO_DATE,
        "nova-api": Why.CHANGED,
        "cron": Why.UP_TO_DATE,
    }


def test_a_changed_parent_takes_its_children_along(machine: Machine) -> None:
    machine.build(*ALL)
    found = machine.reasons(BASE, replace(NOVA, digest="2" * 64), API, CRON)
    assert found == {"base": Why.UP_TO_DATE, "nova": Why.CHANGED, "nova-api": Why.PARENT, "cron": Why.UP_TO_DATE}


def test_a_change_taken_back_finds_the_former_image(machine: Machine) -> None:
    machine.build(*ALL)
    machine.build(BASE, replace(NOVA, digest="2" * 64), API, CRON)
    assert set(machine.reasons(*ALL).values()) == {Why.UP_TO_DATE}


def test_a_store_emptied_by_hand_is_noticed(machine: Machine) -> None:
    machine.build(*ALL)
    machine.store.digests.clear()
    assert set(machine.reasons(*ALL).values()) == {Why.LOST}


def test_an_image_that_the_store_lost_leaves_its_children_alone(machine: Machine) -> None:
    machine.build(*ALL)
    machine.store.digests.discard(("nova", "sha256:" + "d" * 64))
    assert machine.reasons(*ALL)["nova"] is Why.LOST
    assert machine.reasons(*ALL)["nova-api"] is Why.UP_TO_DATE


def test_an_image_with_other_versions_than_the_lock_wants_is_built_anew(machine: Machine) -> None:
    machine.build(*ALL)
    assert machine.reasons(*ALL, pins={"cron": Pins(debian={"bash": "5.1"})})["cron"] is Why.PINS
    assert machine.reasons(*ALL, pins={"cron": Pins(debian={"bash": "5.2"})})["cron"] is Why.UP_TO_DATE


def test_two_sites_whose_locks_differ_each_find_their_own_build(machine: Machine) -> None:
    machine.build(CRON, BASE)
    machine.build(CRON, BASE, digest="e", bash="5.1", at="2026-02-01")
    old = machine.targets(CRON, BASE, pins={"cron": Pins(debian={"bash": "5.2"})})["cron"].record
    new = machine.targets(CRON, BASE, pins={"cron": Pins(debian={"bash": "5.1"})})["cron"].record
    assert old is not None
    assert new is not None
    assert (old.digest[-1], new.digest[-1]) == ("d", "e")


def test_a_fresh_image_takes_all_that_stands_on_it_along(machine: Machine) -> None:
    machine.build(*ALL)
    found = {name: target.why for name, target in machine.targets(*ALL, fresh=("nova",)).items()}
    assert found == {"base": Why.UP_TO_DATE, "nova": Why.FRESH, "nova-api": Why.PARENT, "cron": Why.UP_TO_DATE}


def test_sizes_and_seconds_of_the_last_build_are_known(machine: Machine) -> None:
    machine.build(BASE, NOVA)
    nova = machine.targets(BASE, replace(NOVA, digest="2" * 64))["nova"]
    assert (nova.seconds, nova.own_bytes) == (10.0, 100)
    assert machine.targets(BASE, NOVA, CRON)["cron"].seconds is None


def test_identity_depends_on_recipe_and_parents_alone(machine: Machine) -> None:
    one = machine.targets(*ALL)["nova-api"].identity
    assert machine.targets(*reversed(ALL))["nova-api"].identity == one
    assert machine.targets(replace(BASE, digest="2" * 64), NOVA, API)["nova-api"].identity != one
    assert machine.targets(BASE, NOVA, API, pins={"nova-api": Pins(debian={"a": "1"})})["nova-api"].identity == one


@pytest.mark.parametrize(
    ("recipes", "words"),
    [
        ((BASE, BASE), "Two recipes"),
        ((NOVA,), "stands on base"),
        ((recipe("a", "b"), recipe("b", "a")), "in a circle: a on b on a"),
    ],
)
def test_recipes_that_do_not_fit_together_are_refused(recipes: tuple[Recipe, ...], words: str) -> None:
    with pytest.raises(InputError, match=words):
        in_order(recipes)
