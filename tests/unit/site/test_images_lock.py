"""images.lock as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from groundplane.errors import InputError
from groundplane.site.images_lock import lock_path, lock_text, read_lock, references, same_but_for_the_time, write_lock
from tests.unit.supply.lock_samples import small_cloud

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    lock = small_cloud()
    write_lock(tmp_path, lock)
    assert read_lock(tmp_path) == lock


def test_a_package_that_moved_is_one_changed_line() -> None:
    old, new = (lock_text(small_cloud(libc6=version)).splitlines() for version in ("2.41-12", "2.41-13"))
    assert [pair for pair in zip(old, new, strict=True) if pair[0] != pair[1]] == [
        ("      libc6: 2.41-12", "      libc6: 2.41-13")
    ]


def test_versions_that_look_like_numbers_stay_text(tmp_path: Path) -> None:
    write_lock(tmp_path, small_cloud(curl="8.10", apache2="1:20", haproxy="1e3"))
    table = read_lock(tmp_path).versions["trixie"].debian
    assert (table["curl"], table["apache2"], table["haproxy"]) == ("8.10", "1:20", "1e3")


def test_a_parent_is_locked_and_not_run() -> None:
    lock = small_cloud()
    assert set(lock.run_images()) == {"keystone", "haproxy"}
    assert not lock.images["base"].run


def test_hosts_pull_by_digest() -> None:
    lock = small_cloud()
    assert references(lock, "registry.test:5000/groundplane")["keystone"] == (
        f"registry.test:5000/groundplane/keystone@{lock.images['keystone'].digest}"
    )


def test_a_later_time_alone_is_no_other_lock() -> None:
    lock = small_cloud()
    assert same_but_for_the_time(lock, lock.model_copy(update={"made_at": "2027-01-01T00:00:00+00:00"}))
    assert not same_but_for_the_time(lock, small_cloud(curl="9"))


def test_a_site_without_a_lock_is_told_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no images\.lock") as error:
        read_lock(tmp_path)
    assert "groundplane images build" in error.value.cure


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("images: [", "damaged"),
        ("", "damaged"),
        ("format: 2\n", "newer groundplane"),
        ("format: 1\nrelease: '1'\n", "can't be used"),
    ],
)
def test_a_damaged_lock_is_refused_with_a_cure(tmp_path: Path, text: str, says: str) -> None:
    lock_path(tmp_path).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=says) as error:
        read_lock(tmp_path)
    assert error.value.cure or error.value.problems[0].cure


def test_a_lock_that_lacks_a_parent_is_refused_by_name(tmp_path: Path) -> None:
    data = yaml.safe_load(lock_text(small_cloud()))
    del data["images"]["openstack-base"]
    lock_path(tmp_path).write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_lock(tmp_path)
    assert "keystone stands on openstack-base" in error.value.problems[0].what


def test_an_image_on_itself_is_refused(tmp_path: Path) -> None:
    data = yaml.safe_load(lock_text(small_cloud()))
    data["images"]["base"]["parent"] = "keystone"
    lock_path(tmp_path).write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_lock(tmp_path)
    assert "stands on itself" in error.value.problems[0].what
