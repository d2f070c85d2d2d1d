"""A wheel carries all that the package needs beside its modules, and works from any folder."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.command import ROOT, clean_environment, run

if TYPE_CHECKING:
    from pathlib import Path


def tracked(*folders: str) -> list[str]:
    """Files that git knows, so that what a developer left lying about doesn't count."""
    done = subprocess.run(["git", "ls-files", "--", *folders], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    words = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


def test_a_wheel_has_every_file_of_the_content_and_of_the_package(unpacked: Path) -> None:
    content = [f"groundplane/_content/{name}" for name in tracked("playbooks", "roles", "environments", "releases")]
    package = [name.removeprefix("src/") for name in tracked("src")]
    assert [name for name in content + package if not (unpacked / name).is_file()] == []


def test_a_site_is_made_and_planned_from_a_wheel_alone(unpacked: Path, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("a password\n", encoding="utf-8")
    password.chmod(0o600)
    env = clean_environment(tmp_path, PYTHONPATH=str(unpacked), GROUNDPLANE_VAULT_PASSWORD_FILE=str(password))
    program = (sys.executable, "-c", "from groundplane.cli.main import main; main()")
    made = run(*program, "init", "site", cwd=tmp_path, env=env)
    assert made.code == 0, str(made)
    planned = run(*program, "plan", "--no-probe", "--detailed-exitcode", cwd=tmp_path / "site", env=env)
    assert planned.code == 10, str(planned)
    explained = run(*program, "explain", "docker_daemon_options", cwd=tmp_path / "site", env=env)
    assert explained.code == 0, str(explained)
    assert "_content/environments" in explained.out or "_content/roles" in explained.out, str(explained)
