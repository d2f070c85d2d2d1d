"""Whose leftovers are removed: those of commands that no longer live, and nobody else's."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.machine import abandoned
from groundplane.machine.podman import Podman
from groundplane.supply.build.workplace import TOKEN_ARGUMENT, open_workplace, remove_leftovers

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class PlayedPodman(Podman):
    """Has working containers, each with the token of its build, and images by name."""

    storage: Path | None = None
    containers: dict[str, str] = field(default_factory=dict)
    images: list[str] = field(default_factory=list)

    def run(self, *words: str, **_: Any) -> str:
        if words[0] == "info":
            return f"{self.storage}\n"
        if words[:2] == ("rm", "--force"):
            del self.containers[words[2]]
        if words[:2] == ("rmi", "--force"):
            self.images.remove(words[2])
        if words[0] == "ps":
            return json.dumps([{"Id": container} for container in self.containers])
        if words[0] == "images":
            return json.dumps([{"Names": [name]} for name in self.images])
        return ""


@pytest.fixture
def podman(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlayedPodman:
    monkeypatch.setattr(abandoned, "JUST_MADE_SECONDS", 0.0)
    return PlayedPodman(None, tmp_path / "storage")


def add_container(podman: PlayedPodman, name: str, token: str) -> None:
    assert podman.storage is not None
    note = podman.storage / f"overlay-containers/{name}/userdata/buildah.json"
    note.parent.mkdir(parents=True)
    note.write_text(json.dumps({"Args": {TOKEN_ARGUMENT: token}, "type": "buildah"}))
    podman.containers[name] = token


def test_a_dead_commands_traces_go_and_a_living_ones_stay(tmp_path: Path, podman: PlayedPodman) -> None:
    with open_workplace(tmp_path, podman) as living:
        add_container(podman, "c-living", living.token)
        add_container(podman, "c-dead", "1-dead")
        podman.images.extend([living.temporary_name("nova"), "localhost/groundplane/building/nova:1-dead"])
        dead = living.folder.parent / "1-dead"
        (dead / "nova").mkdir(parents=True)
        living.image_folder("nova")
        assert remove_leftovers(living.folder.parent, podman) == ["1-dead"]
        assert podman.containers == {"c-living": living.token}
        assert podman.images == [living.temporary_name("nova")]
        assert not dead.exists()
    assert podman.containers == {}
    assert podman.images == []
    assert list((tmp_path / "images/work").iterdir()) == []


def test_somebody_elses_container_is_left_alone(tmp_path: Path, podman: PlayedPodman) -> None:
    assert podman.storage is not None
    add_container(podman, "c-other", "")
    podman.containers["c-without-note"] = ""
    with open_workplace(tmp_path, podman) as living:
        living.image_folder("nova")
    assert podman.containers.keys() == {"c-other", "c-without-note"}


def test_a_command_that_built_nothing_asks_podman_nothing(
    tmp_path: Path, podman: PlayedPodman, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **_more: Any) -> str:
        pytest.fail("not needed")

    monkeypatch.setattr(PlayedPodman, "run", refuse)
    with open_workplace(tmp_path, podman):
        pass
