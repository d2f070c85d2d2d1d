"""The lock after a build."""

from __future__ import annotations

from groundplane.supply.build.lock_update import updated_lock
from groundplane.supply.lock_packages import locked_packages
from tests.unit.supply.lock_samples import lock_of, needed, record

NEEDED = [needed("a"), needed("b")]


def test_a_first_build_is_locked_as_far_as_it_came() -> None:
    lock = updated_lock(None, release="2026.1", needed=NEEDED, built={"a": record("a")})
    assert lock is not None
    assert set(lock.images) == {"a"}
    assert updated_lock(None, release="2026.1", needed=NEEDED, built={}) is None


def test_a_build_that_changed_nothing_leaves_the_lock_alone() -> None:
    records = {name: record(name) for name in "ab"}
    assert updated_lock(lock_of(*records.values()), release="2026.1", needed=NEEDED, built=records) is None


def test_what_was_not_built_now_keeps_what_is_locked_though_this_machine_never_built_it() -> None:
    former = lock_of(
        record("base", debian={"libc6": "1"}), record("a", "base"), record("b", "base", debian={"libc6": "1", "x": "2"})
    )
    lock = updated_lock(former, release="2026.1", needed=NEEDED, built={"a": record("a", build="2")})
    assert lock is not None
    assert lock.images["a"].digest != former.images["a"].digest
    assert lock.images["b"].digest == former.images["b"].digest
    assert locked_packages(lock, "b") == locked_packages(former, "b")


def test_images_that_are_no_longer_needed_leave_the_lock() -> None:
    records = {name: record(name) for name in "ab"}
    lock = updated_lock(lock_of(*records.values()), release="2026.1", needed=NEEDED[:1], built={"a": records["a"]})
    assert lock is not None
    assert set(lock.images) == {"a"}


def test_the_lock_of_another_release_says_nothing_of_this_one() -> None:
    former = lock_of(record("a"), record("b"))
    lock = updated_lock(former, release="2026.2", needed=NEEDED, built={"a": record("a", release="2026.2")})
    assert lock is not None
    assert set(lock.images) == {"a"}


def test_an_image_without_its_parent_is_not_locked() -> None:
    assert updated_lock(None, release="2026.1", needed=NEEDED, built={"a": record("a", "base")}) is None
