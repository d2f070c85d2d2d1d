"""What a build leaves behind, written and read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.supply.model import Package
from groundplane.supply.records import (
    all_records,
    read_record,
    read_records,
    record_path,
    write_record,
)
from tests.unit.supply.build.make import record

if TYPE_CHECKING:
    from pathlib import Path


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = record(
        "keystone",
        "a" * 64,
        parent="keystone-base",
        python=(Package("keystone", "29.1.0"),),
        java=(Package("g:a", "1"),),
        archives={"keystone-29.1.0.tar.gz": "f" * 64},
    )
    write_record(tmp_path, written)
    assert read_record(tmp_path, "keystone", written.tag) == written
    assert all_records(tmp_path) == (written,)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"name": "keystone"}', "null"])
def test_a_damaged_record_counts_as_none(tmp_path: Path, content: str) -> None:
    path = record_path(tmp_path, "keystone", "2026.1-aaaaaaaaaaaa")
    path.parent.mkdir(parents=True)
    path.write_text(content)
    assert read_record(tmp_path, "keystone", "2026.1-aaaaaaaaaaaa") is None
    assert all_records(tmp_path) == ()


def test_an_image_built_anew_keeps_its_old_record(tmp_path: Path) -> None:
    old = record("keystone", "a" * 64, digest="sha256:" + "1" * 64)
    new = record("keystone", "a" * 64, digest="sha256:" + "2" * 64, built_at="2026-02-01T00:00:00+00:00")
    write_record(tmp_path, old)
    write_record(tmp_path, new)
    assert read_record(tmp_path, "keystone", new.tag) == new
    assert read_records(tmp_path, "keystone", new.tag) == (new, old)


def test_images_whose_names_begin_alike_have_their_own_records(tmp_path: Path) -> None:
    write_record(tmp_path, record("nova", "a" * 64))
    write_record(tmp_path, record("nova-api", "a" * 64))
    assert [found.name for found in read_records(tmp_path, "nova", "2026.1-aaaaaaaaaaaa")] == ["nova"]
