"""The steps supply.build and supply.ceph_build: what they build, what they tell, how they keep out of the way."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.errors import FailedError, InputError
from groundplane.layers.actions import ActionCall, ActionPlaces
from groundplane.supply import build_action
from groundplane.supply.build.events import BuildEvent, BuildEventKind
from groundplane.supply.build.result import BuildResult, ImageOutcome, ImageState
from groundplane.supply.site_build import SiteBuild
from tests.unit.supply.lock_samples import needed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from groundplane.site.site import Site
    from groundplane.supply.model import NeededImage


class Building:
    """Stands in for the build; gets what a step tells."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.lacking: tuple[NeededImage, ...] = (
            needed("ceph", "ceph"),
            needed("nova-api"),
            needed("keycloak", "identity"),
        )
        self.told: list[str] = []
        self.built: list[str] = []
        self.limits: list[int] = []
        self.written: list[object] = []
        self.state = ImageState.BUILT
        self.alone = False
        self.stop = False
        self.key: object = "a key"
        file = type("File", (), {"images": type("Images", (), {"parallel": 4, "layers": ()})})
        self.call = ActionCall(
            site=cast("Site", type("Site", (), {"path": folder, "file": file, "variables": self})),
            hosts=("manager",),
            places=ActionPlaces(folder, folder),
            check=False,
            begin=lambda task: self.told.append(f"begin {task}"),
            report=self.report,
            say=self.told.append,
            stopped=lambda: self.stop,
            alone=lambda: self.alone,
        )
        self.needed = self.lacking
        self.kept: list[bool] = []
        monkeypatch.setattr(build_action, "lacking_images", lambda _site: self.lacking)
        monkeypatch.setattr(build_action, "needed_images", lambda _site: self.needed)
        monkeypatch.setattr("groundplane.supply.lacking.built_ahead", lambda _file: ("ceph",))
        monkeypatch.setattr(build_action, "host_podman", lambda: None)
        monkeypatch.setattr(build_action, "build_for_site", self.build)
        monkeypatch.setattr(build_action, "write_signed_lock", lambda _path, lock, **_: self.written.append(lock))

    def value(self, _name: str, _host: str | None) -> Any:
        return type("Value", (), {"value": self.key})

    def report(self, task: str, *, status: str, seconds: float = 0.0, reason: str = "") -> None:
        del seconds
        self.told.append(f"{status} {task} {reason}".strip())

    def build(
        self,
        _site: Site,
        chosen: Any,
        *,
        at_most: Callable[[], int],
        watcher: Any,
        cancel: Any,
        keep_versions: bool,
        **_more: Any,
    ) -> SiteBuild:
        self.kept.append(keep_versions)
        self.built = [image.name for image in chosen]
        self.limits.append(at_most())
        self.alone = True
        self.limits.append(at_most())
        kinds = {
            ImageState.BUILT: BuildEventKind.IMAGE_STORED,
            ImageState.FAILED: BuildEventKind.IMAGE_FAILED,
            ImageState.HELD_BACK: BuildEventKind.IMAGE_HELD_BACK,
        }
        for name in self.built:
            watcher.see(BuildEvent(BuildEventKind.IMAGE_STARTED, name))
            data = {"seconds": 1.0, "reason": "it broke", "log": "a.log"}
            watcher.see(BuildEvent(kinds[self.state], name, data))
        stopped = cancel.why if cancel else ""
        outcomes = tuple(ImageOutcome(name, "i", "t", self.state) for name in self.built)
        return SiteBuild(BuildResult(outcomes, 1.0, cancelled=stopped), cast("Any", "the lock"), 0)


@pytest.fixture
def building(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Building:
    return Building(monkeypatch, tmp_path)


def test_cephs_image_is_one_step_and_all_others_are_another(building: Building) -> None:
    build_action.CEPH.carry_out(building.call)
    assert building.built == ["ceph"]
    build_action.REST.carry_out(building.call)
    assert building.built == ["nova-api", "keycloak"]
    assert building.written == ["the lock", "the lock"]
    assert "changed Build nova-api" in building.told
    assert "changed Write and sign images.lock" in building.told


@pytest.mark.parametrize(("cores", "meanwhile"), [(1, 1), (2, 1), (8, 4)])
def test_builds_leave_room_for_the_work_on_hosts(
    building: Building, monkeypatch: pytest.MonkeyPatch, cores: int, meanwhile: int
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    build_action.REST.carry_out(building.call)
    assert building.limits == [meanwhile, 4]


def test_images_beside_locked_ones_keep_to_their_versions_and_a_first_build_is_free(building: Building) -> None:
    build_action.REST.carry_out(building.call)
    building.lacking = building.lacking[:2]
    build_action.REST.carry_out(building.call)
    assert building.kept == [False, True]


def test_nothing_is_opened_where_nothing_lacks(building: Building) -> None:
    building.lacking = ()
    building.key = None
    build_action.REST.carry_out(building.call)
    assert building.built == []
    assert building.told == ["begin Look what images.lock lacks", "ok Look what images.lock lacks nothing"]


def test_check_mode_says_what_it_would_build(building: Building) -> None:
    build_action.REST.carry_out(replace(building.call, check=True))
    assert building.built == building.written == []
    assert building.told[-1] == "changed Build keycloak"


def test_nobody_waits_for_a_build_that_nobody_could_sign(building: Building) -> None:
    building.key = None
    with pytest.raises(InputError, match="signed"):
        build_action.REST.carry_out(building.call)
    assert building.built == []


def test_a_failed_image_fails_the_step_and_what_was_built_is_locked(building: Building) -> None:
    building.state = ImageState.FAILED
    with pytest.raises(FailedError, match="Not built: nova-api, keycloak"):
        build_action.REST.carry_out(building.call)
    assert building.written == ["the lock"]
    assert "failed Build nova-api it broke; a.log" in building.told


def test_what_is_built_comes_after_what_else_runs_here() -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    found: list[str] = []

    def work() -> None:
        said = subprocess.run(["nice"], capture_output=True, text=True, check=True)
        found.append(said.stdout.strip())

    build_action.nicely(work)
    assert found == [str(max(build_action.NICENESS, before))]
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
    with pytest.raises(FailedError):
        build_action.nicely(_fail)


def _fail() -> None:
    raise FailedError("no")
