"""Versions once a suite, and what each image adds to its parent."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from groundplane.supply.lock_packages import KINDS, locked_packages, pack, record_packages
from tests.unit.supply.lock_samples import lock_of, record, small_cloud


def test_an_image_has_its_parents_packages_and_its_own() -> None:
    found = locked_packages(small_cloud(), "keystone")
    assert found["debian"] == {("libc6", "2.41-12"), ("curl", "8.14"), ("apache2", "2.4.65")}
    assert found["python"] == {("keystone", "29.0.0"), ("oslo-config", "10.1")}


def test_only_what_an_image_adds_is_named() -> None:
    lock = small_cloud()
    assert lock.images["keystone"].packages.debian == ("apache2",)
    assert lock.images["openstack-base"].packages.debian == ()


def test_a_version_of_its_own_is_named_and_the_parents_is_gone() -> None:
    base = record("base", debian={"libc6": "2.41-12"})
    sibling = record("a", "base", debian={"libc6": "2.41-12"})
    newer = record("b", "base", debian={"libc6": "2.41-13"})
    lock = lock_of(base, sibling, newer)
    assert lock.versions["trixie"].debian == {"libc6": "2.41-12"}
    assert lock.images["b"].packages.debian == ("libc6=2.41-13",)
    assert locked_packages(lock, "b")["debian"] == {("libc6", "2.41-13")}


def test_two_environments_with_two_versions_are_both_kept() -> None:
    lock = lock_of(record("toolbox", python=[("ansible-core", "2.20.1"), ("ansible-core", "2.19.0")]))
    assert locked_packages(lock, "toolbox")["python"] == {("ansible-core", "2.20.1"), ("ansible-core", "2.19.0")}


def test_suites_have_tables_of_their_own() -> None:
    lock = lock_of(record("a", debian={"libc6": "2.41"}), record("ceph", suite="bookworm", debian={"libc6": "2.36"}))
    assert {suite: table.debian["libc6"] for suite, table in lock.versions.items()} == {
        "trixie": "2.41",
        "bookworm": "2.36",
    }


_PACKAGES = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(("1", "2", "1:3")))


@given(st.lists(_PACKAGES, min_size=1, max_size=5))
def test_whatever_was_found_comes_back(contents: list[dict[str, str]]) -> None:
    """Each image stands on the one before, and may have lost or changed what that one had."""
    names = [f"image{number}" for number in range(len(contents))]
    records = [
        record(name, names[number - 1] if number else None, debian=contents[number], python=contents[-number - 1])
        for number, name in enumerate(names)
    ]
    lock = lock_of(*records)
    for found in records:
        assert locked_packages(lock, found.name) == record_packages(found)


def test_a_parent_that_is_not_locked_counts_as_none() -> None:
    contents = {"a": {kind: frozenset({("x", "1")}) for kind in KINDS}}
    _, packed = pack(contents, {"a": "elsewhere"}, {"a": "trixie"})
    assert packed["a"][0].debian == ("x",)
