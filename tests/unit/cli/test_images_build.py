"""groundplane images build, as somebody types it on the small site; the builds themselves are played."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.errors import CancelledError, FailedError, InputError
from groundplane.supply.build import BuildResult, ImageOutcome, ImageState
from groundplane.supply.build.events import BuildEvent, BuildEventKind
from tests.unit.supply.build.make import recipe, record

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Commands

BASE = record("base", "a" * 64, bytes=300_000_000, stored_bytes=90_000_000, seconds=30.0)
NOVA = record("nova", "b" * 64, parent="base", bytes=650_000_000, stored_bytes=131_000_000, seconds=29.0)


class Building:
    """What the build is asked for, and what comes of it."""

    def __init__(self, commands: Commands, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.commands = commands
        self.asked: dict[str, Any] = {}
        self.result = result(ImageState.BUILT, ImageState.BUILT)
        self.locked: list[Any] = []
        monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
        monkeypatch.setattr("groundplane.machine.podman.host_podman", lambda: None)
        monkeypatch.setattr(
            "groundplane.supply.recipes.choose_images", lambda _site, **more: self.asked.update(more) or ()
        )
        for name, value in {
            "all_recipes": lambda *_args, **_more: (recipe("base"), recipe("nova", "base")),
            "wheels_preparation": lambda *_args, **_more: None,
            "archive_names": lambda _release: {},
            "release_constraints": lambda _site: (),
        }.items():
            monkeypatch.setattr(f"groundplane.supply.site_build.{name}", value)
        monkeypatch.setattr("groundplane.supply.site_build.needed_images", lambda _site, **_more: ())
        monkeypatch.setattr("groundplane.supply.site_build.build_images", self.build)
        monkeypatch.setattr("groundplane.supply.site_build.updated_lock", lambda *_args, **_more: self.locked.append(1))

    def build(self, _recipes: object, *, watcher: Any, **more: Any) -> BuildResult:
        self.asked.update(more)
        started = {"images": ["base", "nova"], "up_to_date": 0, "expected": {}, "parallel": 1}
        watcher.see(BuildEvent(BuildEventKind.BUILD_STARTED, None, started))
        watcher.close()
        return self.result


def result(base: ImageState, nova: ImageState, *, cancelled: str = "") -> BuildResult:
    done = (ImageState.BUILT, ImageState.UP_TO_DATE)
    images = [
        ImageOutcome(
            made.name,
            made.identity,
            made.tag,
            state,
            made if state in done else None,
            FailedError(f"{made.name} failed at step 2", why="the last line") if state is ImageState.FAILED else None,
        )
        for made, state in ((BASE, base), (NOVA, nova))
    ]
    return BuildResult(tuple(images), 61.0, cancelled)


@pytest.fixture
def building(commands: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Building:
    return Building(commands, tmp_path / "cache", monkeypatch)


def test_a_table_says_what_each_image_took_and_added(building: Building) -> None:
    answer = building.commands.run("images", "build")
    assert answer.exit_code == 0, answer.output
    rows = [line.split() for line in answer.output.splitlines()]
    assert ["nova", "29s", "650", "MB", "350", "MB", "41", "MB", "1"] in rows
    assert ["together", "59s", "650", "MB", "131", "MB"] in rows
    assert "2 images there, 2 built in 1m01s" in answer.output


def test_nothing_to_do_takes_one_line(building: Building) -> None:
    building.result = result(ImageState.UP_TO_DATE, ImageState.UP_TO_DATE)
    answer = building.commands.run("images", "build")
    assert answer.exit_code == 0
    assert "image  " not in answer.output
    assert "2 images there, 0 built" in answer.output


def test_options_reach_the_build(building: Building) -> None:
    building.commands.run("images", "build", "nova", "--layer", "openstack", "--parallel", "3", "--fresh")
    assert building.asked["names"] == ("nova",)
    assert building.asked["layers"] == ("openstack",)
    assert building.asked["parallel"] == 3
    assert tuple(building.asked["fresh"]) == ("nova",)
    building.commands.run("images", "build", "--fresh")
    assert building.asked["fresh"] == ["base", "nova"]
    building.commands.run("images", "build")
    assert tuple(building.asked["fresh"]) == ()


def test_a_failure_shows_what_was_built_and_ends_with_1(building: Building) -> None:
    building.result = result(ImageState.BUILT, ImageState.FAILED)
    answer = building.commands.run("images", "build")
    assert isinstance(answer.exception, FailedError)
    assert answer.exception.what == "nova was not built"
    assert "the last line" in answer.exception.why
    assert "1 image there, 1 built" in answer.output


def test_a_stopped_build_ends_with_4_and_leaves_the_lock(building: Building) -> None:
    building.result = result(ImageState.BUILT, ImageState.CANCELLED, cancelled="Ctrl-C")
    answer = building.commands.run("images", "build")
    assert isinstance(answer.exception, CancelledError)
    assert answer.exception.exit_code == 4
    assert building.locked == []


def test_the_lock_is_looked_at_unless_told_otherwise(building: Building) -> None:
    building.commands.run("images", "build")
    assert len(building.locked) == 1
    building.commands.run("images", "build", "--no-lock")
    assert len(building.locked) == 1


def test_programs_get_objects_and_nothing_else(building: Building) -> None:
    answer = building.commands.run("images", "build", "--json")
    lines = [json.loads(line) for line in answer.output.splitlines()]
    assert [line["kind"] for line in lines] == ["build_started"]


def test_a_site_that_builds_nothing_says_so() -> None:
    from groundplane.site.images_file import ImageSource  # noqa: PLC0415
    from groundplane.supply import recipes  # noqa: PLC0415

    site = SimpleNamespace(file=SimpleNamespace(images=SimpleNamespace(source=ImageSource.UPSTREAM)))
    with pytest.raises(InputError, match="builds no images") as caught:
        recipes.need_build_source(site)  # type: ignore[arg-type]
    assert "upstream" in caught.value.why
