"""Kolla's own templates, rendered for real: twice the same; an override moves what it touches or is named as broken."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
import yaml

from groundplane.cli.settings import settings
from groundplane.content import toolkit_content
from groundplane.errors import InputError
from groundplane.site.release import Release
from groundplane.supply.kolla.recipes import kolla_recipes
from groundplane.supply.mirrors import find_mirrors

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.supply.model import Recipe

pytestmark = pytest.mark.images
NAMES = ("memcached", "mariadb-server", "rabbitmq", "ovn-controller", "kolla-toolbox")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of its own, with the installer and what it has downloaded."""
    folder = tmp_path_factory.mktemp("cache")
    for name in ("tools", "uv"):
        (settings().cache / name).mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(settings().cache / name)
    return folder


def _recipes(cache: Path, overrides: Path | None = None) -> dict[str, Recipe]:
    content = toolkit_content()
    release = Release.model_validate(yaml.safe_load((content.releases / "2026.1.yml").read_text(encoding="utf-8")))
    made = kolla_recipes(release, content, NAMES, site_overrides=overrides, cache=cache, mirrors=find_mirrors())
    return {recipe.name: recipe for recipe in made}


def _digests(recipes: dict[str, Recipe]) -> dict[str, str]:
    return {name: recipe.digest for name, recipe in recipes.items()}


def test_two_renderings_have_the_same_digests(cache: Path) -> None:
    first = _recipes(cache)
    assert next(iter(first)) == "base"
    assert {"openvswitch-base", "ovn-base"} <= set(first)
    shutil.rmtree(cache / "images" / "kolla" / "renderings")
    assert _digests(_recipes(cache)) == _digests(first)


def test_no_rendered_step_asks_anyone_but_debian_and_the_package_index(cache: Path) -> None:
    for recipe in _recipes(cache).values():
        text = (recipe.context / "Dockerfile").read_text(encoding="utf-8")
        assert "://" not in text, recipe.name
        assert "build-date" not in text


def test_one_changed_override_moves_only_what_it_touches(cache: Path, tmp_path: Path) -> None:
    before = _digests(_recipes(cache))
    overrides = tmp_path / "template-overrides.j2"
    overrides.write_text("{% extends parent_template %}\n{% set rabbitmq_packages_append = ['less'] %}\n")
    after = _recipes(cache, overrides)
    assert [name for name in before if after[name].digest != before[name]] == ["rabbitmq"]
    assert "rabbitmq-server less" in (after["rabbitmq"].context / "Dockerfile").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{% extends parent_template %}\n{% block rabbitmq_futer %}{% endblock %}\n", "no block 'rabbitmq_futer'"),
        (
            "{% extends parent_template %}\n{% block rabbitmq_footer %}{{ nothing.there }}{% endblock %}\n",
            "does not render",
        ),
        ("{% extends parent_template %}\n{% block rabbitmq_footer %}\n", "no valid template"),
    ],
)
def test_a_broken_override_is_named_with_its_line(cache: Path, tmp_path: Path, text: str, says: str) -> None:
    overrides = tmp_path / "template-overrides.j2"
    overrides.write_text(text)
    with pytest.raises(InputError) as refused:
        _recipes(cache, overrides)
    assert says in refused.value.what
    assert refused.value.place is not None
    assert refused.value.place.file == overrides
    assert refused.value.place.line in {2, 3}
