"""What hosts say of their images."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from groundplane.ssh.asking import HostAnswer
from groundplane.supply import running_script
from groundplane.supply.running_images import RunningContainer, understand

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

DOCKER = """#!/bin/sh
case "$1 $2" in
  "image ls") echo sha256:aa; echo sha256:aa; echo sha256:bb;;
  "image inspect") echo '[{"Id": "sha256:aa", "RepoDigests": ["r.test/a@sha256:11"], "RepoTags": null},
    {"Id": "sha256:bb", "RepoDigests": [], "RepoTags": ["r.test/b:1"]}]';;
  "ps --quiet") echo c1;;
  "container inspect") echo '[{"Name": "/nova", "Image": "sha256:aa", "Config": {"Image": "r.test/a:2"}}]';;
esac
"""
PODMAN = """#!/bin/sh
case "$1 $2" in
  "image ls") echo cc;;
  "image inspect") echo '[{"Id": "cc", "RepoDigests": ["r.test/c@sha256:33"]}]';;
  "ps --quiet") echo c2; echo gone;;
  "container inspect") echo '[{"Name": "mgr", "Image": "cc", "ImageName": "r.test/c:1", "Config": {}}]'; exit 125;;
esac
"""


def _programs(folder: Path, monkeypatch: pytest.MonkeyPatch, **programs: str) -> None:
    for name, text in programs.items():
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr(running_script, "ENGINES", tuple(programs))


def test_both_engines_are_asked_and_told_the_same_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _programs(tmp_path, monkeypatch, docker=DOCKER, podman=PODMAN)
    found = understand(HostAnswer("node1", True, data=json.loads(running_script.answer())))
    assert not found.error
    assert found.images == {
        "sha256:aa": ("r.test/a@sha256:11",),
        "sha256:bb": ("r.test/b:1",),
        "sha256:cc": ("r.test/c@sha256:33",),
    }
    assert found.containers == (
        RunningContainer("nova", "r.test/a:2", "sha256:aa"),
        RunningContainer("mgr", "r.test/c:1", "sha256:cc"),
    )


def test_an_engine_that_does_not_answer_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _programs(tmp_path, monkeypatch, docker="#!/bin/sh\necho 'Cannot connect to the daemon' >&2\nexit 1\n")
    found = understand(HostAnswer("node1", True, data=json.loads(running_script.answer())))
    assert found.error == "docker: Cannot connect to the daemon"


def test_a_host_without_engines_has_nothing() -> None:
    found = understand(HostAnswer("node1", True, data={"groundplane_images": 1, "engines": {}}))
    assert (found.error, found.images, found.containers) == ("", {}, ())


def test_an_unreachable_host_says_why() -> None:
    assert understand(HostAnswer("node1", False, error="connection refused")).error == "connection refused"
