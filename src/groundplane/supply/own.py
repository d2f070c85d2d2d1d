"""Images with a Dockerfile of our own, for what Kolla doesn't build: a folder below images/ each, with a recipe.yml.

recipe.yml says where in the release file the image's pins stand, as dotted paths.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from pydantic import Field, ValidationError

from groundplane.errors import FailedError, InputError, Place
from groundplane.machine.base_image import build_lock
from groundplane.site.release import MavenPin
from groundplane.site.strict import Strict
from groundplane.supply.build_tools import TOOLS_FORMAT, build_mounts
from groundplane.supply.cache_entries import note_use
from groundplane.supply.model import Maker, Recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from groundplane.content import Content
    from groundplane.site.release import Release
    from groundplane.supply.mirrors import Mirrors

RECIPE_FORMAT = "1"
"""Raised when contexts are put together in another way."""

RECIPE_FILE = "recipe.yml"


class RecipeFile(Strict):
    """images/NAME/recipe.yml; each value is a dotted path into the release file, such as ceph.version."""

    suite: str = Field(description="Debian suite that the image stands on.")
    arguments: dict[str, str] = Field(default_factory=dict, description="Build argument to what it holds.")
    archives: dict[str, str] = Field(
        default_factory=dict, description="File beside the Dockerfile to the pin of the archive that it is."
    )


def own_image_names(content: Content) -> tuple[str, ...]:
    """The images that we have a recipe for, sorted."""
    return tuple(sorted(path.parent.name for path in content.images.glob(f"*/{RECIPE_FILE}")))


def own_recipes(
    release: Release,
    content: Content,
    names: Sequence[str],
    *,
    cache: Path,
    mirrors: Mirrors,
    watcher: Callable[[str], None] | None = None,
) -> tuple[Recipe, ...]:
    """Recipes for images of our own, in the order of `names`, their contexts below CACHE/images/contexts.

    Args:
        watcher: told in a few words what is being done, when it takes a while.

    Raises:
        InputError: no such image; recipe.yml is wrong; the release pins nothing for it.
        FailedError: an archive could not be fetched or has another checksum; the disk is full.
    """
    mounts = build_mounts(content, mirrors, cache=cache)
    recipes = []
    for name in dict.fromkeys(names):
        source = _Source(name, release, content)
        context = cache / "images" / "contexts" / f"{name}-{source.digest[:16]}"
        if not context.is_dir():
            with build_lock(context.parent, name):
                if not context.is_dir():
                    source.fill(context, cache=cache, mirrors=mirrors, watcher=watcher)
        note_use(context)
        recipes.append(
            Recipe(
                name=name,
                parent=None,
                suite=source.suite,
                context=context,
                digest=source.digest,
                maker=Maker.OWN,
                arguments=source.arguments,
                mounts=mounts,
            )
        )
    return tuple(recipes)


class _Source:
    """An image's folder, and what the release pins for it."""

    def __init__(self, name: str, release: Release, content: Content) -> None:
        if name not in own_image_names(content):
            raise InputError(
                f"There is no image '{name}' of our own", cure=f"There are: {', '.join(own_image_names(content))}"
            )
        self.name = name
        self.release = release
        self.release_file = content.releases / f"{release.name}.yml"
        self.folder = content.images / name
        file = read_recipe_file(self.folder / RECIPE_FILE)
        self.suite = self._text(file.suite)
        self.arguments = {key: self._text(path) for key, path in sorted(file.arguments.items())}
        self.archives = {key: self._archive(path) for key, path in sorted(file.archives.items())}
        self.files = sorted(
            path
            for path in self.folder.rglob("*")
            if path.is_file() and path.name != RECIPE_FILE and "__pycache__" not in path.parts
        )
        self.digest = self._digest()

    def _digest(self) -> str:
        total = hashlib.sha256(f"{RECIPE_FORMAT}|{TOOLS_FORMAT}".encode())
        for path in self.files:
            name = path.relative_to(self.folder).as_posix()
            total.update(f"|{name}|{_mode(path):o}|{hashlib.sha256(path.read_bytes()).hexdigest()}".encode())
        for key, value in self.arguments.items():
            total.update(f"|{key}={value}".encode())
        for key, pin in self.archives.items():
            total.update(f"|{key}|{pin.sha256}".encode())
        return total.hexdigest()

    def fill(self, context: Path, *, cache: Path, mirrors: Mirrors, watcher: Callable[[str], None] | None) -> None:
        """Makes the context whole or not at all."""
        work = Path(tempfile.mkdtemp(dir=context.parent, prefix=".new-"))
        try:
            for path in self.files:
                target = work / path.relative_to(self.folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
                target.chmod(_mode(path))
            for name, pin in self.archives.items():
                from groundplane.supply.maven import fetch_maven_archive  # noqa: PLC0415 - TLS, for archives alone

                if watcher is not None:
                    watcher(f"Fetching {pin.artifact} {pin.version}")
                _link(fetch_maven_archive(pin, cache=cache, mirrors=mirrors), work / name)
            for folder in (work, *(path for path in work.rglob("*") if path.is_dir())):
                folder.chmod(0o755)
            os.replace(work, context)  # noqa: PTH105 - a folder is renamed whole
        except OSError as error:
            raise FailedError(
                f"The build context of '{self.name}' can't be made",
                why=str(error),
                cure=f"See to the free space and the owner of {context.parent}, and call again.",
            ) from error
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _text(self, path: str) -> str:
        value = self._pin(path)
        if not isinstance(value, str):
            raise self._wrong(f"'{path}' is not text in a release file")
        return value

    def _archive(self, path: str) -> MavenPin:
        value = self._pin(path)
        if not isinstance(value, MavenPin):
            raise self._wrong(f"'{path}' is not an archive in a release file")
        return value

    def _pin(self, path: str) -> object:
        value: object = self.release
        for word in path.split("."):
            if value is None:
                break
            if not hasattr(value, word):
                raise self._wrong(f"A release file has no '{path}'")
            value = getattr(value, word)
        if value is None:
            raise InputError(
                f"Release {self.release.name} pins no {path}, which the image '{self.name}' is made from",
                cure=f"Add {path} to the release file, or leave out what needs the image.",
                place=Place(self.release_file),
            )
        return value

    def _wrong(self, what: str) -> InputError:
        return InputError(what, cure="Put the path right.", place=Place(self.folder / RECIPE_FILE))


def read_recipe_file(path: Path) -> RecipeFile:
    """An image's recipe.yml.

    Raises:
        InputError: it can't be read, isn't YAML, or says something else than it should.
    """
    try:
        return RecipeFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as wrong:
        raise InputError(
            "An image's recipe can't be read",
            why=str(wrong),
            cure="It takes suite, arguments and archives; each value is a dotted path into the release file.",
            place=Place(path),
        ) from wrong


def _mode(path: Path) -> int:
    """A checkout's umask must not end up in an image."""
    return 0o755 if path.stat().st_mode & 0o100 else 0o644


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
