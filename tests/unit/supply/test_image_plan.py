from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from groundplane.cli.main import groundplane
from groundplane.errors import InputError
from groundplane.site.images_file import ImageSource
from groundplane.site.images_lock import write_lock
from groundplane.supply import image_plan
from groundplane.supply.image_plan import plan_images
from groundplane.supply.model import Maker, Recipe

from .cloud_site import make_site
from .lock_samples import lock_of, record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from groundplane.site.site import Site

__all__ = ["make_site"]


@pytest.fixture
def recipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recipes without rendering: every image stands on a base."""

    def made(_site: object, needed: object, **_: object) -> tuple[Recipe, ...]:
        names = [image.name for image in needed]  # type: ignore[attr-defined]
        first = Recipe("base", None, "trixie", tmp_path, "0" * 64, Maker.OWN)
        return (first, *(Recipe(name, "base", "trixie", tmp_path, "1" * 64, Maker.OWN) for name in names))

    monkeypatch.setattr(image_plan, "all_recipes", made)


@pytest.mark.usefixtures("recipes")
def test_an_empty_machine_builds_everything(make_site: Callable[..., Site], tmp_path: Path) -> None:
    plan = plan_images(make_site(["ceph", "identity"]), cache=tmp_path / "cache")
    assert [(image.name, image.layer, image.why) for image in plan.images] == [
        ("base", None, "never built"),
        ("ceph", "ceph", "never built"),
        ("keycloak", "identity", "never built"),
    ]
    assert [image.name for image in plan.parents] == ["base"]
    assert plan.to_build == plan.images
    assert plan.seconds == 3 * 30


def test_a_site_that_takes_images_as_they_are_builds_none(make_site: Callable[..., Site], tmp_path: Path) -> None:
    site = make_site(["ceph", "identity"], source="upstream")
    plan = plan_images(site, cache=tmp_path / "cache")
    assert plan.source is ImageSource.UPSTREAM
    assert [image.why for image in plan.images] == ["not in the lock", "not in the lock"]
    assert plan.to_build == ()
    lock = lock_of(record("ceph")).model_copy(update={"source": ImageSource.UPSTREAM})
    write_lock(site.path, lock)
    assert [image.name for image in plan_images(site, cache=tmp_path / "cache").missing] == ["keycloak"]


@pytest.mark.usefixtures("recipes")
def test_the_command_says_what_and_why(
    make_site: Callable[..., Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    site = make_site(["ceph", "identity"])
    run = CliRunner().invoke(groundplane, ["--site", str(site.path), "images", "plan"])
    assert run.exit_code == 0, run.output
    assert "base      parent only" in run.stdout
    assert "ceph      ceph" in run.stdout
    assert "to build: never built" in run.stdout
    assert run.stdout.splitlines()[-1] == (
        "2 images needed, and 1 parent that they stand on: 0 up to date, 3 to build: groundplane images build"
    )
    data = CliRunner().invoke(groundplane, ["--site", str(site.path), "images", "plan", "--layer", "ceph", "--json"])
    found = json.loads(data.stdout)
    assert [image["name"] for image in found["images"]] == ["base", "ceph"]
    assert found["images"][1]["groups"] == ["storage", "control"]
    assert (found["needed"], found["parents"], found["to_build"]) == (1, 1, 2)


def test_the_command_without_a_layer_that_needs_images(
    make_site: Callable[..., Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    site = make_site([])
    run = CliRunner().invoke(groundplane, ["--site", str(site.path), "images", "plan"])
    assert run.exit_code == 0, run.output
    assert "needs no images" in run.stdout
    wrong = CliRunner().invoke(groundplane, ["--site", str(site.path), "images", "plan", "--layer", "cehp"])
    assert isinstance(wrong.exception, InputError)
    assert wrong.exception.cure == "Did you mean 'ceph'?"
