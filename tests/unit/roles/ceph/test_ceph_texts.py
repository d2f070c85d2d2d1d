from __future__ import annotations

import importlib
from typing import Any

import pytest

texts: Any = importlib.import_module("ceph_texts")


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (False, "false"), (5, "5"), (0.5, "0.5"), ("4G", "4G"), (["a", "b"], "a b")],
)
def test_values_are_written_as_ceph_writes_them(value: object, text: str) -> None:
    assert texts.setting_text(value) == text


def test_sections_with_a_mask_stand_in_no_file() -> None:
    conf = texts.initial_conf({"global": {"a": 1}, "osd/host:node1": {"b": 2}, "mon": {}, "osd": {"c": True}})
    assert conf == "[global]\na = 1\n[osd]\nc = true\n"


def test_specifications_are_documents() -> None:
    assert texts.documents([{"a": 1}, {"b": 2}]) == '---\n{"a": 1}\n---\n{"b": 2}\n'
