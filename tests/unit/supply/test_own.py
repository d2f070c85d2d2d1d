from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from groundplane.content import Content, toolkit_content
from groundplane.errors import FailedError, InputError
from groundplane.machine.debian_mirror import DebianMirror
from groundplane.site.release import CephPin, KeycloakPin, MavenPin, Release, RuntimePin
from groundplane.supply import own
from groundplane.supply.mirrors import Mirrors
from groundplane.supply.own import own_image_names, own_recipes

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.supply.model import Recipe

ARCHIVE = b"a distribution"
SHA256 = hashlib.sha256(ARCHIVE).hexdigest()
MIRRORS = Mirrors(DebianMirror("http://deb.example.org", "http://sec.example.org"))


def release(version: str = "1.0", sha256: str = SHA256, *, keycloak: bool = True) -> Release:
    archive = MavenPin(group="org.example", artifact="thing", version=version, sha256=sha256)
    return Release(
        name="test",
        runtime=RuntimePin(ansible_core="2.20.0", python=">=3.12", requirements="r.txt"),
        ceph=CephPin(version="18.2.7", suite="trixie"),
        keycloak=KeycloakPin(version=version, archive=archive, suite="trixie", java="a-java") if keycloak else None,
    )


@dataclass(frozen=True, slots=True)
class Bench:
    """Content with one image, `thing`, and a cache that already has its archive."""

    content: Content
    cache: Path

    @property
    def folder(self) -> Path:
        return self.content.images / "thing"

    def recipe(self, pinned: Release | None = None) -> Recipe:
        (found,) = own_recipes(pinned or release(), self.content, ["thing"], cache=self.cache, mirrors=MIRRORS)
        return found


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(own, "build_mounts", lambda *_, **__: ())
    made = Bench(Content(tmp_path / "content"), tmp_path / "cache")
    made.folder.mkdir(parents=True)
    (made.folder / "Dockerfile").write_text("ARG BASE\nFROM ${BASE}\n")
    (made.folder / "finish").write_text("#!/bin/sh\n")
    (made.folder / "finish").chmod(0o700)
    (made.folder / "recipe.yml").write_text(
        "suite: keycloak.suite\narguments: {VERSION: keycloak.version}\narchives: {dist.tar.gz: keycloak.archive}\n"
    )
    kept = made.cache / "images" / "archives" / SHA256 / "thing-1.0.tar.gz"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(ARCHIVE)
    return made


def test_a_recipe_has_a_whole_context_and_what_the_release_pins(bench: Bench) -> None:
    recipe = bench.recipe()
    assert (recipe.name, recipe.parent, recipe.suite) == ("thing", None, "trixie")
    assert recipe.arguments == {"VERSION": "1.0"}
    files = {path.name: path.stat().st_mode & 0o777 for path in recipe.context.iterdir()}
    assert files == {"Dockerfile": 0o644, "finish": 0o755, "dist.tar.gz": 0o644}
    assert (recipe.context / "dist.tar.gz").read_bytes() == ARCHIVE
    assert bench.recipe() == recipe


def test_an_edited_file_a_new_mode_or_another_pin_makes_another_recipe(bench: Bench) -> None:
    digests = [bench.recipe().digest]
    (bench.folder / "finish").write_text("#!/bin/sh\ntrue\n")
    digests.append(bench.recipe().digest)
    (bench.folder / "finish").chmod(0o600)
    digests.append(bench.recipe().digest)
    own_digest = own._Source("thing", release("1.1"), bench.content).digest
    digests.append(own_digest)
    digests.append(own._Source("thing", release(sha256="1" * 64), bench.content).digest)
    assert len(set(digests)) == len(digests)


def test_the_umask_of_a_checkout_changes_nothing(bench: Bench) -> None:
    before = bench.recipe().digest
    (bench.folder / "Dockerfile").chmod(0o600)
    (bench.folder / "finish").chmod(0o755)
    assert bench.recipe().digest == before


def test_a_context_that_could_not_be_finished_is_not_there(bench: Bench) -> None:
    mirrors = Mirrors(MIRRORS.debian, maven="ftp://example.org")
    with pytest.raises(FailedError):
        own_recipes(release("1.1", "2" * 64), bench.content, ["thing"], cache=bench.cache, mirrors=mirrors)
    assert not [path for path in (bench.cache / "images" / "contexts").iterdir() if path.is_dir()]


def test_an_unknown_image_is_told_which_there_are(bench: Bench) -> None:
    with pytest.raises(InputError) as wrong:
        own_recipes(release(), bench.content, ["think"], cache=bench.cache, mirrors=MIRRORS)
    assert wrong.value.cure == "There are: thing"


def test_a_release_without_the_pin_is_named_with_its_file(bench: Bench) -> None:
    with pytest.raises(InputError) as wrong:
        bench.recipe(release(keycloak=False))
    assert wrong.value.what == "Release test pins no keycloak.suite, which the image 'thing' is made from"
    assert str(wrong.value.place).endswith("releases/test.yml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("suite: keycloak.nothing\n", "A release file has no 'keycloak.nothing'"),
        ("suite: keycloak\n", "'keycloak' is not text in a release file"),
        ("suite: keycloak.suite\narchives: {a: keycloak.suite}\n", "'keycloak.suite' is not an archive"),
        ("suite: [\n", "An image's recipe can't be read"),
        ("suit: keycloak.suite\n", "An image's recipe can't be read"),
    ],
)
def test_a_wrong_recipe_file_is_named(bench: Bench, text: str, said: str) -> None:
    (bench.folder / "recipe.yml").write_text(text)
    with pytest.raises(InputError) as wrong:
        bench.recipe()
    assert wrong.value.what.startswith(said)
    assert str(wrong.value.place).endswith("thing/recipe.yml")


def test_the_toolkits_own_images_have_all_their_pins_in_a_whole_release() -> None:
    content = toolkit_content()
    assert own_image_names(content) == ("ceph", "keycloak")
    for name in own_image_names(content):
        assert own._Source(name, release(), content).suite == "trixie"
