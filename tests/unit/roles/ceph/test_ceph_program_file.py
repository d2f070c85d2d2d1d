from __future__ import annotations

import importlib
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.unit.roles.ceph.fake_cluster import CephError

program_file: Any = importlib.import_module("ceph_program_file")

IMAGE = "registry.test:5000/groundplane/ceph@sha256:" + "a" * 64


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    state: dict[str, Any] = {"content": b"one", "asked": [], "missing": False}

    def run(words: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        state["asked"].append(words[1])
        if words[1] == "cp":
            Path(words[3]).write_bytes(state["content"])
        return subprocess.CompletedProcess(words, int(state["missing"]), "c1\n", "No such image")

    monkeypatch.setattr(program_file, "run", run)
    monkeypatch.setattr(os, "chown", lambda *_: None)
    return state


def bring(tmp_path: Path, image: str = IMAGE, *, check: bool = False) -> list[str]:
    found: list[str] = program_file.bring_program(image, str(tmp_path / "cephadm"), check=check, notes=tmp_path / "n")
    return found


def test_the_program_is_brought_once(tmp_path: Path, engine: dict[str, Any]) -> None:
    assert bring(tmp_path, check=True)
    assert engine["asked"] == []
    assert bring(tmp_path) == [f"cephadm brought from {IMAGE}"]
    assert (tmp_path / "cephadm").stat().st_mode & 0o777 == 0o755
    engine["asked"].clear()
    assert bring(tmp_path) == []
    assert engine["asked"] == []


def test_another_image_with_the_same_program_changes_nothing(tmp_path: Path, engine: dict[str, Any]) -> None:
    bring(tmp_path)
    assert bring(tmp_path, IMAGE + "b") == []
    engine["content"] = b"two"
    assert bring(tmp_path, IMAGE + "c")


def test_a_program_that_somebody_changed_is_brought_again(tmp_path: Path, engine: dict[str, Any]) -> None:
    bring(tmp_path)
    (tmp_path / "cephadm").write_bytes(b"changed")
    assert bring(tmp_path)
    assert (tmp_path / "cephadm").read_bytes() == b"one"


def test_a_missing_image_is_told(tmp_path: Path, engine: dict[str, Any]) -> None:
    engine["missing"] = True
    with pytest.raises(CephError, match="No such image"):
        bring(tmp_path)
