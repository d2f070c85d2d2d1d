"""Room on the disk is looked at before anything is built."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from groundplane.errors import FailedError
from groundplane.machine.podman import Podman
from groundplane.supply.build import space
from groundplane.supply.build.targets import Target, Why
from tests.unit.supply.build.make import RELEASE, recipe

GIGABYTE = 10**9


def target(name: str, own: int | None, stored: int | None = None) -> Target:
    made = recipe(name, "base" if name != "base" else None)
    return Target(made, RELEASE, "a" * 64, Why.CHANGED, own_bytes=own, own_stored_bytes=stored)


def free(monkeypatch: pytest.MonkeyPatch, amount: int) -> None:
    monkeypatch.setattr(space, "_free", lambda _folder: amount)
    monkeypatch.setattr(space, "storage_folder", lambda _podman: Path("/"))


def check(*targets: Target) -> str | None:
    return space.check_space(targets, podman=Podman(), store_root=Path("/"))


def test_known_sizes_count_and_unknown_ones_are_guessed() -> None:
    assert space.needed_bytes([target("a", 100, 30), target("b", 10, 5)]) == (110, 35)
    storage, stored = space.needed_bytes([target("base", None), target("nova", None)])
    assert storage == space.UNKNOWN_BASE_BYTES + space.UNKNOWN_BYTES
    assert 0 < stored < storage


def test_enough_room_needs_no_word(monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, 100 * GIGABYTE)
    assert check(target("nova", GIGABYTE, GIGABYTE // 3)) is None
    assert check() is None


def test_tight_room_is_warned_of_with_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, 2 * GIGABYTE)
    warning = check(target("nova", GIGABYTE, GIGABYTE // 2))
    assert warning is not None
    assert "1 image will need about 3.0 GB in /, and 2.0 GB are free" in warning


def test_too_little_room_is_refused_with_numbers_and_a_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, 2 * GIGABYTE)
    with pytest.raises(FailedError) as caught:
        check(target("nova", 4 * GIGABYTE, GIGABYTE))
    assert "6.5 GB" in caught.value.why
    assert "2.0 GB are free" in caught.value.why
    assert "images prune" in caught.value.cure


def test_a_guess_refuses_less_readily(monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, 2 * GIGABYTE)
    many = [target(f"image{number}", None) for number in range(8)]
    assert "2.0 GB are free" in (check(*many) or "")


def test_a_folder_that_is_not_there_yet_is_on_its_parents_disk(tmp_path: Path) -> None:
    assert space._existing(tmp_path / "a" / "b") == tmp_path
    assert space._free(tmp_path / "a") == os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize
