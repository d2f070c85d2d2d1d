"""Pins, and what they decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.site.release import Release, RuntimePin
from groundplane.supply.model import Maker, Recipe
from groundplane.supply.pins import (
    APT_FOLDER,
    PINS_FOLDER,
    Pins,
    apt_preferences,
    check_against_pins,
    constraint_lines,
    pins_for,
    pins_of_recipes,
    unpinned_error,
    write_pins,
)
from tests.unit.supply.lock_samples import lock_of, record, small_cloud

if TYPE_CHECKING:
    from pathlib import Path


def test_an_image_is_held_to_its_own_versions_and_offered_its_siblings() -> None:
    pins = pins_for(small_cloud(), "keystone", "trixie")
    assert pins.debian == {"libc6": "2.41-12", "curl": "8.14", "apache2": "2.4.65"}
    assert pins.python == {"oslo-config": "10.1"}
    assert pins.suite["haproxy"] == "3.0.11"


def test_what_is_built_from_a_source_archive_is_the_releases_matter() -> None:
    assert "keystone-29.0.0.tar.gz" in small_cloud().archives
    assert "keystone" not in pins_for(small_cloud(), "keystone", "trixie").python


def test_a_name_in_two_versions_binds_nobody() -> None:
    lock = lock_of(record("toolbox", python=[("a", "1"), ("a", "2"), ("b", "1")]))
    assert pins_for(lock, "toolbox", "trixie").python == {"b": "1"}


def test_an_image_that_is_not_locked_is_only_offered_what_its_suite_has() -> None:
    pins = pins_for(small_cloud(), "glance", "trixie")
    assert not pins.debian
    assert pins.suite["libc6"] == "2.41-12"


def test_the_lock_of_another_release_pins_nothing(tmp_path: Path) -> None:
    recipe = Recipe("keystone", None, "trixie", tmp_path, "0" * 64, Maker.KOLLA)
    runtime = RuntimePin(ansible_core="2.20.1", python=">=3.12", requirements="r.txt")
    release = Release(name="2026.1", runtime=runtime)
    assert pins_of_recipes(small_cloud(), [recipe], release=release)["keystone"].debian["curl"] == "8.14"
    assert pins_of_recipes(small_cloud(), [recipe], release=release.model_copy(update={"name": "2025.1"})) == {}
    assert pins_of_recipes(None, [recipe], release=release) == {}


def test_preferences_are_apts() -> None:
    text = apt_preferences(Pins(debian={"libc6": "2.41-12"}, suite={"curl": "8.14", "libc6": "2.41-11"}))
    assert text == (
        "Package: curl\nPin: version 8.14\nPin-Priority: 1001\n\n"
        "Package: libc6\nPin: version 2.41-12\nPin-Priority: 1001\n\n"
    )


def test_the_releases_constraints_go_before_the_locks() -> None:
    release = ["# a comment", "oslo.config===10.2 ; python_version>='3.11'"]
    assert constraint_lines(Pins(python={"oslo-config": "10.1", "six": "1.17"}), release) == "six==1.17\n"


def test_a_build_sees_both_where_there_are_pins(tmp_path: Path) -> None:
    mounts = write_pins(tmp_path, Pins(debian={"a": "1"}, python={"b": "2"}))
    assert {mount.target for mount in mounts} == {APT_FOLDER, PINS_FOLDER}
    assert not any(mount.writable for mount in mounts)
    assert (tmp_path / "python/constraints.txt").read_text(encoding="utf-8") == "b==2\n"
    assert write_pins(tmp_path / "none", Pins()) == ()


def test_differences_are_named_and_new_packages_are_none() -> None:
    found = record("a", debian={"libc6": "2", "new": "1"}, python={"six": "1.17"})
    (difference,) = check_against_pins(found, Pins(debian={"libc6": "1"}, python={"six": "1.17"}, suite={"new": "0"}))
    assert (difference.kind, difference.name, difference.wanted, difference.got) == ("debian", "libc6", "1", "2")
    error = unpinned_error("a", [difference])
    assert "libc6: 1 is locked, 2 was installed" in error.why
    assert "--upgrade" in error.cure
