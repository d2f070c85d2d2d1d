"""What podman is asked, and what is read from its lines."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.machine.podman import Podman
from groundplane.supply.build.podman_build import BuildLog, build_words
from groundplane.supply.build.targets import Target, Why
from groundplane.supply.build.workplace import Workplace
from groundplane.supply.model import BuildMount, Maker, Recipe

if TYPE_CHECKING:
    import pytest

RECIPE = Recipe("nova", "base", "trixie", Path("/context"), "1" * 64, Maker.KOLLA, {"VERSION": "1"})
TARGET = Target(RECIPE, "2026.1", "a" * 64, Why.NEVER)


def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, user: int = 0) -> list[str]:
    monkeypatch.setattr("os.geteuid", lambda: user)
    return build_words(
        TARGET,
        parent="localhost/parent:1",
        mounts=[BuildMount(Path("/tools"), "/usr/local/sbin"), BuildMount(Path("/shared"), "/cache", writable=True)],
        workplace=Workplace(tmp_path, "77-abc"),
        podman=Podman("runc"),
    )


def test_parent_arguments_labels_and_mounts_reach_podman(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = " ".join(words(tmp_path, monkeypatch))
    for part in (
        "podman --runtime runc build --layers=false --pull=never --network host",
        "--from localhost/parent:1",
        "--build-arg BASE=localhost/parent:1",
        "--build-arg VERSION=1",
        f"--label groundplane.identity={'a' * 64}",
        "--volume /tools:/usr/local/sbin:ro",
        "--volume /shared:/cache ",
        "--tag localhost/groundplane/building/nova:77-abc",
    ):
        assert part in line
    assert line.endswith(" /context")


def test_nothing_of_a_build_outlives_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = words(tmp_path, monkeypatch)
    assert "--kill-child=KILL" in found
    assert found.index("unshare") < found.index("podman")
    assert found[found.index("env") + 1] == f"TMPDIR={tmp_path / 'nova'}"
    assert (tmp_path / "nova").is_dir()


def test_who_is_not_root_asks_sudo_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = words(tmp_path, monkeypatch, user=1000)
    assert found[:3] == ["sudo", "-n", "unshare"]
    assert found.count("sudo") == 1


def test_steps_are_told_and_the_log_holds_the_lines(tmp_path: Path) -> None:
    steps: list[tuple[int, int, str]] = []
    with BuildLog(tmp_path / "logs" / "nova.log", lambda *step: steps.append(step)) as log:
        log.head(TARGET, "localhost/parent:1")
        log.line("STEP 2/9: RUN apt-get install nova")
        log.line("Get:1 something")
        log.line("[2/2] STEP 3/9: COPY a /b")
        log.line("[Warning] one or more build args were not consumed: [BASE GROUNDPLANE_BUILD]")
        log.line("[Warning] one or more build args were not consumed: [BASE VERSION]")
    assert steps == [(2, 9, "RUN apt-get install nova"), (3, 9, "COPY a /b")]
    text = (tmp_path / "logs" / "nova.log").read_text()
    assert text.startswith(f"# localhost/groundplane/images/nova:2026.1-{'a' * 12} on localhost/parent:1, never built")
    assert "Get:1 something" in text
    assert "GROUNDPLANE_BUILD" not in text
    assert "VERSION" in text


def test_a_log_tells_how_long_its_build_took(tmp_path: Path) -> None:
    path = tmp_path / "nova.log"
    with BuildLog(path, lambda *_step: None) as log:
        log.head(TARGET, "localhost/parent:1")
    os.utime(path, (time.time() + 60, time.time() + 60))
    assert 55 < BuildLog.seconds(path) < 65
    path.write_text("something else\n")
    assert BuildLog.seconds(path) == 0.0
    assert BuildLog.seconds(tmp_path / "absent") == 0.0
