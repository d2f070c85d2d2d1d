"""images.lock: exactly which images a site runs, and what went into them. A file for git, with a signature beside it.

What it says: the digest of every image (parents that nobody runs included), the version of every package in them, the
checksums of source archives. Versions stand once a suite; an image names what it adds to its parent, and a version
of its own behind a `=`, so that a package that moved is one changed line. `lock_packages` reads and makes that form.

When something is built, with this file or without:

- An image's identity is made of its recipe and its parent's identity. Pins are no part of it: a build without a lock
  and the lock written from it name the same images, so the next build has nothing to do.
- An image is up to date when the store has one of its identity whose packages are those that the lock names, wherever
  and whenever it was built (`build.targets`).
- What isn't up to date is built with the locked versions (`pins`): a changed recipe doesn't move packages that it
  doesn't speak of. `images lock --upgrade` is how versions move.
- After a build the lock follows the store: new digests under the same versions (`locking`).
- A lock of another release pins nothing.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, ValidationError, model_validator

from groundplane.errors import InputError, Place, Problem
from groundplane.files import write_atomically
from groundplane.site.images_file import LOCK_FILE, ImageSource
from groundplane.site.strict import Strict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FORMAT = 1
NAMESPACE = "groundplane-images"
"""What a signature is for, so that one for something else can't be passed off as a lock's."""
_WIDTH = 116
_HEAD = """\
# Made by groundplane images lock; do not edit: images.lock.sig is the signature of exactly this text.
# Under images, an image's packages are those of its parent and those named; NAME=VERSION differs from versions below.
"""

Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Checksum = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class LockedPackages(Strict):
    """What an image adds to its parent, and what it removes: NAME, or NAME=VERSION where its suite has another one."""

    debian: tuple[str, ...] = ()
    python: tuple[str, ...] = ()
    java: tuple[str, ...] = ()


class LockedImage(Strict):
    """One image, exactly.

    `digest` is the manifest's, which hosts pull by; `image_id` the configuration's, which container engines show. An
    image with `run: false` is only a parent of others. `bytes` is the uncompressed size, `stored_bytes` the
    compressed one of all layers. `reference` is HOST/PATH@DIGEST where the image is taken from a registry; such an
    image has no identity and no packages here, because we didn't make it.
    """

    digest: Digest
    image_id: Digest | None = None
    tag: str
    identity: Checksum | None = None
    reference: str | None = None
    suite: str | None = None
    parent: str | None = None
    run: bool = True
    layer: str | None = None
    service: str | None = None
    groups: tuple[str, ...] = ()
    bytes: int | None = None
    stored_bytes: int | None = None
    packages: LockedPackages = LockedPackages()
    removes: LockedPackages = LockedPackages()


class SuiteVersions(Strict):
    """The version that most images of a suite have, by package."""

    debian: dict[str, str] = Field(default_factory=dict)
    python: dict[str, str] = Field(default_factory=dict)
    java: dict[str, str] = Field(default_factory=dict)


class ImagesLock(Strict):
    """images.lock. `made_at` is ISO 8601, UTC; `archives` maps a source archive's file name to its SHA-256."""

    format: int = FORMAT
    release: str
    source: ImageSource
    made_at: str
    images: dict[str, LockedImage]
    versions: dict[str, SuiteVersions] = Field(default_factory=dict)
    archives: dict[str, Checksum] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        for name, image in self.images.items():
            if image.parent is not None and image.parent not in self.images:
                raise ValueError(f"{name} stands on {image.parent}, which isn't among the images")
            seen = {name}
            parent = image.parent
            while parent is not None:
                if parent in seen:
                    raise ValueError(f"{name} stands on itself")
                seen.add(parent)
                parent = self.images[parent].parent
        return self

    def run_images(self) -> dict[str, LockedImage]:
        """The images that hosts run, by name."""
        return {name: image for name, image in self.images.items() if image.run}


def lock_path(site_path: Path) -> Path:
    """SITE/images.lock."""
    return site_path / LOCK_FILE


def has_lock(site_path: Path) -> bool:
    return lock_path(site_path).is_file()


def read_lock(site_path: Path) -> ImagesLock:
    """The lock as it is, its signature not looked at (`trusted_lock.read_trusted_lock` does).

    Raises:
        InputError: missing, damaged, or of a newer format.
    """
    return parse_lock(read_text(site_path), lock_path(site_path))


def read_text(site_path: Path) -> str:
    """The lock's text, over which its signature is.

    Raises:
        InputError: missing or unreadable.
    """
    file = lock_path(site_path)
    try:
        return file.read_bytes().decode()
    except FileNotFoundError:
        raise InputError(
            f"The site has no {LOCK_FILE}: nothing says which images it runs",
            cure="groundplane images build writes it; where images come from a registry, groundplane images lock.",
            place=Place(file),
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{LOCK_FILE} can't be read", why=str(error), cure=_RESTORE, place=Place(file)) from error


_RESTORE = f"Restore it (git checkout -- {LOCK_FILE} {LOCK_FILE}.sig), or make a new one: groundplane images lock"


@lru_cache(maxsize=2)
def parse_lock(text: str, file: Path) -> ImagesLock:
    """A lock from its text; `file` is for errors. A command reads the same text several times, so it is kept.

    Raises:
        InputError: not YAML, of a newer format, or not what a lock is made of.
    """
    import yaml  # noqa: PLC0415

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        data: Any = yaml.load(text, Loader=loader)  # noqa: S506 - both are safe loaders
    except yaml.YAMLError as error:
        raise InputError(f"{LOCK_FILE} is damaged", why=str(error), cure=_RESTORE, place=Place(file)) from error
    if not isinstance(data, dict):
        raise InputError(f"{LOCK_FILE} is damaged", why="it is no mapping", cure=_RESTORE, place=Place(file))
    if isinstance(data.get("format"), int) and data["format"] > FORMAT:
        raise InputError(
            f"{LOCK_FILE} was written by a newer groundplane",
            why=f"its format is {data['format']}, this one reads {FORMAT}",
            cure="Use that version of groundplane.",
            place=Place(file),
        )
    try:
        return ImagesLock.model_validate(data)
    except ValidationError as error:
        problems = tuple(
            Problem(f"{'.'.join(map(str, found['loc'])) or 'images'}: {found['msg']}", _RESTORE, Place(file))
            for found in error.errors()
        )
        raise InputError(f"{LOCK_FILE} can't be used", problems=problems) from error


def write_lock(site_path: Path, lock: ImagesLock) -> None:
    """Writes the lock alone; `trusted_lock.write_signed_lock` writes its signature besides.

    Raises:
        FailedError: it can't be written.
    """
    write_atomically(lock_path(site_path), lock_text(lock))


def lock_text(lock: ImagesLock) -> str:
    """The lock as text: sorted, a version a line, the same for equal locks."""
    import yaml  # noqa: PLC0415

    data: dict[str, Any] = {
        "format": lock.format,
        "release": lock.release,
        "source": lock.source.value,
        "made_at": lock.made_at,
        "images": {name: _image_data(lock.images[name]) for name in sorted(lock.images)},
        "versions": {
            suite: {
                kind: dict(sorted(versions.items()))
                for kind, versions in lock.versions[suite].model_dump().items()
                if versions
            }
            for suite in sorted(lock.versions)
        },
        "archives": dict(sorted(lock.archives.items())),
    }
    text = yaml.dump(data, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=_WIDTH)
    return _HEAD + text


def _image_data(image: LockedImage) -> dict[str, Any]:
    """Only what says something: no absent values, no empty lists."""
    data = image.model_dump(mode="json", exclude_defaults=True)
    for key in ("packages", "removes"):
        if key in data:
            data[key] = {kind: _Names(sorted(names)) for kind, names in data[key].items()}
    if "groups" in data:
        data["groups"] = _Names(data["groups"])
    return data


class _Names(list[str]):
    """A list that is written in one flow of words: [a, b, c]."""


def _dumper() -> Any:
    import yaml  # noqa: PLC0415

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            del data
            return True

    Dumper.add_representer(
        _Names, lambda dumper, names: dumper.represent_sequence("tag:yaml.org,2002:seq", names, flow_style=True)
    )
    return Dumper


def same_but_for_the_time(one: ImagesLock, other: ImagesLock) -> bool:
    """Whether two locks say the same: a lock isn't written again only because a minute has gone by."""
    return one.model_copy(update={"made_at": ""}) == other.model_copy(update={"made_at": ""})


def references(lock: ImagesLock, registry: str) -> Mapping[str, str]:
    """What hosts pull, by image: REGISTRY/NAME@DIGEST; `registry` is HOST[:PORT]/NAMESPACE."""
    return {name: f"{registry}/{name}@{image.digest}" for name, image in lock.run_images().items()}
