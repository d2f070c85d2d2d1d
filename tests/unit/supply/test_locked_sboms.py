"""Bills of materials of what is locked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from groundplane.errors import InputError
from groundplane.site.images_file import ImageSource
from groundplane.site.images_lock import ImagesLock, LockedImage
from groundplane.supply.locked_sboms import locked_sbom
from groundplane.supply.records import sbom_path, write_record
from groundplane.supply.sbom import sbom
from tests.unit.supply.lock_samples import MADE_AT, digest, lock_of, record

if TYPE_CHECKING:
    from pathlib import Path


def test_it_is_the_one_that_the_build_wrote(tmp_path: Path) -> None:
    built = record("a", debian={"x": "1"})
    write_record(tmp_path, built)
    path = sbom_path(tmp_path, "a", built.tag)
    path.parent.mkdir(parents=True)
    path.write_text("written", encoding="utf-8")
    assert locked_sbom(lock_of(built), "a", cache=tmp_path) == "written"


def test_a_newer_build_of_the_same_tag_is_not_taken_for_the_locked_one(tmp_path: Path) -> None:
    locked, newer = record("a", debian={"x": "1"}), record("a", build="2", debian={"x": "2"})
    for built in (locked, newer):
        write_record(tmp_path, built)
    assert locked_sbom(lock_of(locked), "a", cache=tmp_path) == sbom(locked)


def test_a_machine_that_built_nothing_says_what_the_lock_says(tmp_path: Path) -> None:
    parent, image = record("base", debian={"x": "1"}), record("a", "base", debian={"x": "1"}, python={"y": "2"})
    found = json.loads(locked_sbom(lock_of(parent, image), "a", cache=tmp_path))
    assert {component["name"]: component["version"] for component in found["components"]} == {"x": "1", "y": "2"}


def test_an_unknown_image_and_one_of_others_are_told_apart(tmp_path: Path) -> None:
    reference = f"registry.test/a@{digest('a')}"
    lock = ImagesLock(
        release="2026.1",
        source=ImageSource.UPSTREAM,
        made_at=MADE_AT,
        images={"a": LockedImage(digest=digest("a"), tag="1", reference=reference)},
    )
    with pytest.raises(InputError, match="no image 'b'"):
        locked_sbom(lock, "b", cache=tmp_path)
    with pytest.raises(InputError, match="made by others") as error:
        locked_sbom(lock, "a", cache=tmp_path)
    assert reference in error.value.why
