"""Recipes: parents first, whole contexts, and a digest that moves for what went in and for nothing else."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

import pytest

from groundplane.content import Content
from groundplane.errors import InputError
from groundplane.machine.debian_mirror import DebianMirror
from groundplane.site.release import ImagesPin, OpenStackPin, PackagePin, Release, RuntimePin
from groundplane.supply import archives
from groundplane.supply.kolla import recipes as module
from groundplane.supply.kolla.recipes import kolla_recipes
from groundplane.supply.kolla.rendering import RenderedImage, Rendering
from groundplane.supply.mirrors import Mirrors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from groundplane.supply.model import Recipe

DOCKERFILES = {
    "base": (None, "FROM ${BASE}\nCOPY start.sh /\n"),
    "rabbitmq": ("base", "FROM ${BASE}\n"),
    "openstack-base": ("base", "FROM ${BASE}\nADD openstack-base-archive /x\nADD plugins-archive /\n"),
    "keystone-base": ("openstack-base", "FROM ${BASE}\nADD keystone-base-archive /x\nADD plugins-archive /\n"),
    "keystone": ("keystone-base", "FROM ${BASE}\n"),
    "glance": ("openstack-base", "FROM ${BASE}\nADD glance-base-archive /x\n"),
}
KEYSTONE = PackagePin(package="keystone", version="29.1.0", sha256="a" * 64)


class World:
    """A rendering in a folder, a release and a cache."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = folder / "cache"
        self.sources: dict[str, PackagePin] = {"keystone-base": KEYSTONE}
        self.suites: dict[str, str] = {}
        self.content = Content(folder / "content")
        self.content.releases.mkdir(parents=True)
        self.constraints = self.content.releases / "constraints.txt"
        self.constraints.write_text("six===1.17.0\n")
        for name, (_, text) in DOCKERFILES.items():
            self.image(name).mkdir(parents=True)
            (self.image(name) / "Dockerfile").write_text(text)
        (self.image("base") / "start.sh").write_text("#!/bin/sh\n")

    def image(self, name: str) -> Path:
        return self.folder / "rendering" / "images" / name

    def rendering(self) -> Rendering:
        images = {name: RenderedImage(name, self.image(name), parent) for name, (parent, _) in DOCKERFILES.items()}
        return Rendering(self.folder / "rendering", images)

    def recipes(self, *names: str) -> Mapping[str, Recipe]:
        release = Release(
            name="r",
            runtime=RuntimePin(ansible_core="1", python=">=3.12", requirements="r"),
            openstack=OpenStackPin(
                series="2026.1",
                kolla="22.2.0",
                kolla_ansible="22.2.0",
                kolla_requirements="k.txt",
                constraints="constraints.txt",
                sources=self.sources,
            ),
            images=ImagesPin(suite="trixie", suites=self.suites, templates="t"),
        )
        mirrors = Mirrors(DebianMirror("http://m.test/debian", "http://m.test/security"))
        made = kolla_recipes(release, self.content, names, site_overrides=None, cache=self.cache, mirrors=mirrors)
        return {recipe.name: recipe for recipe in made}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(tmp_path)
    archive = tmp_path / "keystone-29.1.0.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("keystone-29.1.0/PKG-INFO"))
    monkeypatch.setattr(module, "render", lambda *_args, **_more: made.rendering())
    monkeypatch.setattr(module, "build_mounts", lambda *_args, **_more: ())
    monkeypatch.setattr(archives, "fetch_package_archive", lambda *_args, **_more: archive)
    return made


def test_parents_come_first_each_once(world: World) -> None:
    found = world.recipes("keystone", "rabbitmq", "base")
    assert list(found) == ["base", "openstack-base", "keystone-base", "keystone", "rabbitmq"]
    assert found["keystone"].parent == "keystone-base"
    assert found["base"].parent is None


def test_a_context_holds_all_that_its_dockerfile_adds(world: World) -> None:
    found = world.recipes("keystone")
    assert {path.name for path in found["keystone-base"].context.iterdir()} == {
        "Dockerfile",
        "keystone-base-archive",
        "plugins-archive",
    }
    with tarfile.open(found["openstack-base"].context / "openstack-base-archive") as tar:
        member = tar.extractfile("requirements/upper-constraints.txt")
        assert member is not None
        assert member.read() == b"six===1.17.0\n"


def test_a_second_call_finds_the_same(world: World) -> None:
    assert world.recipes("keystone") == world.recipes("keystone")


def test_one_changed_file_moves_one_images_digest(world: World) -> None:
    before = world.recipes("keystone", "rabbitmq")
    (world.image("keystone-base") / "Dockerfile").write_text(DOCKERFILES["keystone-base"][1] + "RUN true\n")
    after = world.recipes("keystone", "rabbitmq")
    assert {name for name in before if before[name].digest != after[name].digest} == {"keystone-base"}


def test_constraints_move_who_takes_them(world: World) -> None:
    before = world.recipes("keystone", "rabbitmq")
    world.constraints.write_text("six===1.18.0\n")
    after = world.recipes("keystone", "rabbitmq")
    assert {name for name in before if before[name].digest != after[name].digest} == {"openstack-base"}


def test_another_pin_or_plugin_moves_its_image(world: World) -> None:
    before = world.recipes("keystone")
    world.sources["keystone-base-plugin-extra"] = PackagePin(package="extra", version="1", sha256="b" * 64)
    after = world.recipes("keystone")
    assert {name for name in before if before[name].digest != after[name].digest} == {"keystone-base"}
    with tarfile.open(after["keystone-base"].context / "plugins-archive") as tar:
        assert "plugins/keystone-29.1.0/PKG-INFO" in tar.getnames()


def test_a_file_that_becomes_executable_moves_the_digest(world: World) -> None:
    before = world.recipes("base")["base"].digest
    (world.image("base") / "start.sh").chmod(0o755)
    assert world.recipes("base")["base"].digest != before


def test_a_source_that_nobody_pins_is_an_error_that_names_both(world: World) -> None:
    with pytest.raises(InputError) as refused:
        world.recipes("glance")
    assert "'glance' needs the source 'glance-base'" in refused.value.what
    assert refused.value.place is not None
    assert refused.value.place.file.name == "r.yml"


def test_constraints_that_are_missing_are_named(world: World) -> None:
    world.constraints.unlink()
    with pytest.raises(InputError, match=r"constraints\.txt, which is not there"):
        world.recipes("openstack-base")


def test_an_unknown_image_gets_the_nearest_name(world: World) -> None:
    with pytest.raises(InputError) as refused:
        world.recipes("keystome")
    assert refused.value.cure == "Did you mean 'keystone'?"


def test_an_image_of_another_suite_stands_on_a_base_of_its_own(world: World) -> None:
    world.suites["rabbitmq"] = "forky"
    found = world.recipes("rabbitmq", "keystone")
    assert found["rabbitmq"].suite == "forky"
    assert found["rabbitmq"].parent == "base-forky"
    assert (found["base-forky"].parent, found["base-forky"].suite) == (None, "forky")
    assert list(found).index("base-forky") < list(found).index("rabbitmq")
    assert found["keystone-base"].suite == "trixie"


def test_another_suite_needs_the_base_as_parent(world: World) -> None:
    world.suites["keystone-base"] = "forky"
    with pytest.raises(InputError, match="can't be built on forky"):
        world.recipes("keystone")


def test_a_context_that_was_not_finished_is_not_taken_for_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_more: object) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(archives, "fetch_package_archive", broken)
    with pytest.raises(KeyboardInterrupt):
        world.recipes("keystone-base")
    contexts = world.cache / "images" / "kolla" / "contexts"
    assert not list(contexts.glob("keystone-base-*"))
    assert not list(contexts.glob(".new-*"))
