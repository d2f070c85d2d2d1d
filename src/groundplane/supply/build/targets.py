"""Which image each recipe stands for now, whether it's there, and why it would be built."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from groundplane.errors import InputError
from groundplane.machine import base_image
from groundplane.supply.model import ImageRecord, Recipe, image_tag, local_name
from groundplane.supply.pins import check_against_pins
from groundplane.supply.records import all_records, read_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from groundplane.supply.pins import Pins

FORMAT = "1"
"""Raised when what the builder itself does to images changes, so that older ones are built anew."""


class ImageFinder(Protocol):
    """What the store is asked (`Store.has_digest`)."""

    def has_digest(self, name: str, digest: str) -> bool: ...


class Why(StrEnum):
    """Why an image is built, or that it isn't."""

    UP_TO_DATE = "up to date"
    NEVER = "never built"
    CHANGED = "its recipe changed"
    PARENT = "its parent is built anew"
    LOST = "the store lost it"
    PINS = "the lock wants other package versions"
    FRESH = "asked for"


@dataclass(frozen=True, slots=True)
class Target:
    """The image that a recipe stands for.

    Attributes:
        identity: 64 hex digits; same identity, same image.
        pins: versions that the build has to take, where a lock names some.
        record: of the image that is there; None where it has to be built.
        seconds: how long its last build took, this one's or an earlier version's; None where there was none.
        own_bytes: what it added to its parent then.
    """

    recipe: Recipe
    release: str
    identity: str
    why: Why
    pins: Pins | None = None
    record: ImageRecord | None = None
    seconds: float | None = None
    own_bytes: int | None = None
    own_stored_bytes: int | None = None

    @property
    def name(self) -> str:
        return self.recipe.name

    @property
    def tag(self) -> str:
        return image_tag(self.release, self.identity)

    @property
    def local_name(self) -> str:
        """The image in podman's storage."""
        return local_name(self.name, self.release, self.identity)


def base_identity(suite: str) -> str:
    """What the bare Debian image stands for: how it's made, not from which mirror or on which day."""
    text = "\0".join((str(base_image.FORMAT), suite, base_image.FINISH))
    return hashlib.sha256(text.encode()).hexdigest()


def image_identity(recipe: Recipe, parent_identity: str) -> str:
    """64 hex digits over the recipe and what it stands on. Package versions are no part of it: see `supply.lock`."""
    return hashlib.sha256("\0".join((FORMAT, recipe.digest, parent_identity)).encode()).hexdigest()


def in_order(recipes: Iterable[Recipe]) -> tuple[Recipe, ...]:
    """Parents before children, otherwise as given.

    Raises:
        InputError: a name twice, a parent without a recipe, or a circle.
    """
    known: dict[str, Recipe] = {}
    for recipe in recipes:
        if recipe.name in known:
            raise InputError(f"Two recipes make the image {recipe.name}")
        known[recipe.name] = recipe
    done: dict[str, Recipe] = {}

    def visit(recipe: Recipe, below: tuple[str, ...]) -> None:
        if recipe.name in done:
            return
        if recipe.name in below:
            raise InputError(f"Images stand on each other in a circle: {' on '.join((*below, recipe.name))}")
        if recipe.parent is not None:
            if recipe.parent not in known:
                raise InputError(f"The image {recipe.name} stands on {recipe.parent}, for which there is no recipe")
            visit(known[recipe.parent], (*below, recipe.name))
        done[recipe.name] = recipe

    for recipe in known.values():
        visit(recipe, ())
    return tuple(done.values())


def find_targets(
    recipes: Iterable[Recipe],
    *,
    release: str,
    cache: Path,
    store: ImageFinder,
    pins: Mapping[str, Pins] | None = None,
    fresh: Iterable[str] = (),
) -> dict[str, Target]:
    """Each recipe's image, parents first. An image with a record, whole in the store, is up to date.

    Where a lock pins versions, an image built without it that has these very versions will do.

    Args:
        pins: by image name.
        fresh: images to build although they are there; what stands on them follows, as their packages are others.

    Raises:
        InputError: as `in_order`.
    """
    pins = pins or {}
    anew = set(fresh)
    former = {record.name: record for record in all_records(cache) if record.release == release}
    targets: dict[str, Target] = {}
    for recipe in in_order(recipes):
        parent = targets[recipe.parent] if recipe.parent is not None else None
        identity = image_identity(recipe, parent.identity if parent is not None else base_identity(recipe.suite))
        wanted = pins.get(recipe.name)
        known = read_records(cache, recipe.name, image_tag(release, identity))
        obedient = [record for record in known if wanted is None or not check_against_pins(record, wanted)]
        there = next((record for record in obedient if store.has_digest(recipe.name, record.digest)), None)
        last = known[0] if known else former.get(recipe.name)
        under = former.get(last.parent) if last is not None and last.parent is not None else None
        if recipe.name in anew:
            why = Why.FRESH
        elif parent is not None and last is not None and parent.why in (Why.FRESH, Why.PARENT, Why.CHANGED, Why.PINS):
            why = Why.PARENT
        elif there is not None:
            why = Why.UP_TO_DATE
        elif known:
            why = Why.LOST if obedient else Why.PINS
        else:
            why = Why.NEVER if last is None else Why.CHANGED
        targets[recipe.name] = Target(
            recipe=recipe,
            release=release,
            identity=identity,
            why=why,
            pins=wanted,
            record=there if why is Why.UP_TO_DATE else None,
            # 0 is what was taken over from podman's storage, built who knows when.
            seconds=(last.seconds or None) if last is not None else None,
            own_bytes=last.bytes - (under.bytes if under is not None else 0) if last is not None else None,
            own_stored_bytes=last.stored_bytes - (under.stored_bytes if under is not None else 0) if last else None,
        )
    return targets
