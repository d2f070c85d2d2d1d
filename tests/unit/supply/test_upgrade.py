"""What moves when versions move."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.errors import InputError
from groundplane.supply import upgrade
from groundplane.supply.model import Maker, Recipe
from groundplane.supply.pins import Pins
from groundplane.supply.upgrade import standing_on, upgrade_images

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.machine.podman import Podman
    from groundplane.site.site import Site
    from groundplane.supply.store import Store

TREE = {"base": None, "openstack-base": "base", "keystone": "openstack-base", "haproxy": "base", "ceph": None}


@pytest.fixture
def recipes(tmp_path: Path) -> tuple[Recipe, ...]:
    return tuple(Recipe(name, parent, "trixie", tmp_path, "0" * 64, Maker.KOLLA) for name, parent in TREE.items())


def test_whatever_stands_on_a_named_image_moves_with_it(recipes: tuple[Recipe, ...]) -> None:
    assert standing_on(["openstack-base"], recipes) == {"openstack-base", "keystone"}
    assert standing_on(["base"], recipes) == set(TREE) - {"ceph"}
    with pytest.raises(InputError, match="no image 'keystnoe'") as error:
        standing_on(["keystnoe"], recipes)
    assert "keystone" in error.value.cure


@pytest.mark.parametrize(("names", "moving"), [((), set(TREE)), (("openstack-base",), {"openstack-base", "keystone"})])
def test_only_what_moves_is_built_without_pins(
    recipes: tuple[Recipe, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    names: tuple[str, ...],
    moving: set[str],
) -> None:
    built: dict[str, Any] = {}
    made: list[str] = []
    monkeypatch.setattr(upgrade, "all_recipes", lambda *_a, **_k: recipes)
    monkeypatch.setattr(upgrade, "pins_of_recipes", lambda *_a, **_k: {name: Pins(debian={"a": "1"}) for name in TREE})
    monkeypatch.setattr(
        upgrade, "ensure_base_image", lambda suite, **more: made.append(suite) if more["fresh"] else None
    )
    monkeypatch.setattr(upgrade, "build_images", lambda *_a, **more: built.update(more))
    for name in ("wheels_preparation", "archive_names", "release_constraints"):
        monkeypatch.setattr(upgrade, name, lambda *_a, **_k: None)
    site = cast("Site", SimpleNamespace(path=tmp_path, release=SimpleNamespace(name="2026.1")))
    upgrade_images(
        site, (), names=names, cache=tmp_path, store=cast("Store", None), podman=cast("Podman", None), parallel=1
    )
    assert set(built["fresh"]) == moving
    assert set(built["pins"]) == set(TREE) - moving
    assert made == ([] if names else ["trixie"]), "all begins with the bare images"
