"""Making locks, and telling two of them apart."""

from __future__ import annotations

import pytest

from groundplane.errors import InputError
from groundplane.site.images_file import ImageSource
from groundplane.supply.lock_making import MovedPackage, compare_locks, lock_from_digests, lock_from_records
from tests.unit.supply.lock_samples import MADE_AT, digest, lock_of, needed, record, small_cloud


def test_a_needed_image_that_was_never_built_is_named_with_the_command() -> None:
    with pytest.raises(InputError, match="never built") as error:
        lock_from_records(release="2026.1", needed=[needed("keystone")], records={}, made_at=MADE_AT)
    (problem,) = error.value.problems
    assert problem.what.startswith("keystone")
    assert problem.cure == "groundplane images build keystone"


def test_a_missing_parent_is_named_with_who_needs_it() -> None:
    with pytest.raises(InputError) as error:
        lock_from_records(
            release="2026.1",
            needed=[needed("keystone")],
            records={"keystone": record("keystone", "openstack-base")},
            made_at=MADE_AT,
        )
    assert "openstack-base has no build; keystone stands on it" in error.value.problems[0].what


def test_records_that_nobody_needs_stay_out() -> None:
    lock = lock_from_records(
        release="2026.1",
        needed=[needed("a")],
        records={"a": record("a"), "b": record("b")},
        made_at=MADE_AT,
    )
    assert set(lock.images) == {"a"}


def test_archives_of_all_images_are_there() -> None:
    assert small_cloud().archives == {"keystone-29.0.0.tar.gz": "ab" * 32}


def test_images_that_others_made_are_named_by_repository_and_digest() -> None:
    found = digest("upstream")
    lock = lock_from_digests(
        release="2026.1",
        source=ImageSource.UPSTREAM,
        needed=[needed("keystone")],
        found={"keystone": ("registry.test/kolla/keystone", "2026.1-debian-trixie", found)},
        made_at=MADE_AT,
    )
    image = lock.images["keystone"]
    assert image.reference == f"registry.test/kolla/keystone@{found}"
    assert (image.digest, image.identity, image.groups) == (found, None, ("control",))


def test_a_first_lock_only_adds() -> None:
    changes = compare_locks(None, small_cloud())
    assert changes.added == ("base", "haproxy", "keystone", "openstack-base")
    assert not changes.packages


def test_the_same_lock_is_no_change() -> None:
    assert not compare_locks(small_cloud(), small_cloud())


def test_a_move_in_many_images_is_told_once() -> None:
    changes = compare_locks(small_cloud(), small_cloud(libc6="2.41-13"))
    assert changes.packages == (
        MovedPackage("debian", "libc6", "2.41-12", "2.41-13", ("base", "haproxy", "keystone", "openstack-base")),
    )


def test_packages_that_come_and_go_have_one_version() -> None:
    changes = compare_locks(lock_of(record("a", debian={"x": "1"})), lock_of(record("a", debian={"y": "2"})))
    assert [(move.name, move.old, move.new) for move in changes.packages] == [("x", "1", None), ("y", None, "2")]


def test_new_digests_and_images_are_told() -> None:
    old = lock_of(record("a"), record("b"))
    new = lock_of(record("a", build="2"), record("c"))
    changes = compare_locks(old, new)
    assert (changes.added, changes.removed) == (("c",), ("b",))
    assert changes.changed == (("a", old.images["a"].digest, new.images["a"].digest),)
