"""Which recipes a site needs, from whom, and what their builds wait for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.errors import InputError
from groundplane.machine.podman import Podman
from groundplane.supply import recipes
from groundplane.supply.model import Maker, Recipe

from .cloud_site import make_site  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from groundplane.site.site import Site

    MakeSite = Callable[..., Site]


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What kolla's and our own recipes are asked for; they answer with a recipe a name."""
    found: dict[str, Any] = {}

    def answer(maker: Maker) -> Callable[..., tuple[Recipe, ...]]:
        def recipes_of(_release: object, _content: object, names: list[str], **more: Any) -> tuple[Recipe, ...]:
            found[maker.value] = {"names": list(names), **more}
            return tuple(Recipe(name, None, "trixie", tmp_path, "1" * 64, maker) for name in names)

        return recipes_of

    monkeypatch.setattr("groundplane.supply.kolla.recipes.kolla_recipes", answer(Maker.KOLLA))
    monkeypatch.setattr("groundplane.supply.own.own_recipes", answer(Maker.OWN))
    monkeypatch.setattr(recipes, "find_mirrors", lambda _mirrors: None)
    return found


def test_each_maker_is_asked_for_its_own(make_site: MakeSite, asked: dict[str, Any], tmp_path: Path) -> None:  # noqa: F811
    site = make_site(["ceph", "openstack", "identity"])
    chosen = recipes.choose_images(site)
    made = recipes.all_recipes(site, chosen, cache=tmp_path)
    assert asked["own"]["names"] == ["ceph", "keycloak"]
    assert "keystone" in asked["kolla"]["names"]
    assert asked["kolla"]["site_overrides"] is None
    assert {recipe.name for recipe in made} == {image.name for image in chosen}


def test_a_sites_own_overrides_are_taken(make_site: MakeSite, asked: dict[str, Any], tmp_path: Path) -> None:  # noqa: F811
    site = make_site(["openstack"])
    overrides = site.path / recipes.SITE_OVERRIDES
    overrides.parent.mkdir(parents=True, exist_ok=True)
    overrides.write_text("")
    recipes.all_recipes(site, recipes.choose_images(site), cache=tmp_path)
    assert asked["kolla"]["site_overrides"] == overrides


def test_nobody_is_asked_for_what_is_not_wanted(make_site: MakeSite, asked: dict[str, Any], tmp_path: Path) -> None:  # noqa: F811
    site = make_site(["ceph", "openstack", "identity"])
    recipes.all_recipes(site, recipes.choose_images(site, names=["keycloak"]), cache=tmp_path)
    assert asked.keys() == {"own"}
    assert asked["own"]["names"] == ["keycloak"]


def test_an_unknown_image_gets_the_nearest_name(make_site: MakeSite) -> None:  # noqa: F811
    site = make_site(["openstack"])
    with pytest.raises(InputError, match="needs no image 'memcachd'") as caught:
        recipes.choose_images(site, names=["memcachd"])
    assert "memcached" in caught.value.cure


def test_a_site_without_images_is_told_what_to_name(make_site: MakeSite) -> None:  # noqa: F811
    with pytest.raises(InputError, match="need no images") as caught:
        recipes.choose_images(make_site([]))
    assert "--layer openstack" in caught.value.cure


@pytest.mark.parametrize(
    ("text", "waits"), [("RUN /usr/local/sbin/pip-install keystone\n", True), ("RUN apt\n", False)]
)
def test_images_that_install_python_packages_wait_for_wheels(
    make_site: MakeSite,  # noqa: F811
    tmp_path: Path,
    text: str,
    waits: bool,
) -> None:
    (tmp_path / "Dockerfile").write_text(text)
    recipe = Recipe("keystone", None, "trixie", tmp_path, "1" * 64, Maker.KOLLA)
    own = replace(recipe, name="ceph", maker=Maker.OWN)
    found = recipes.wheels_preparation(make_site(["openstack"]), [recipe, own], cache=tmp_path, podman=Podman())
    assert (found.images if found is not None else None) == (frozenset({"keystone"}) if waits else None)


def test_archives_are_called_as_the_release_calls_them(make_site: MakeSite) -> None:  # noqa: F811
    release = make_site(["openstack"]).release
    assert release.openstack is not None
    pin = release.openstack.sources["keystone-base"]
    names = recipes.archive_names(release)
    assert names[pin.sha256] == f"keystone-{pin.version}.tar.gz"
    assert any(name.startswith("keycloak") for name in names.values())
