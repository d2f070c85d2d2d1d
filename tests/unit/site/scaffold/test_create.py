from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from groundplane.content import Content, toolkit_content
from groundplane.errors import FailedError, InputError
from groundplane.site.scaffold.create import create_site
from groundplane.site.scaffold.examples import lab_parameters
from groundplane.site.secrets.store import read_secrets

PASSWORD = b"a password"
LAB = lab_parameters("lab", domain=None, release="2026.1", password_file=None)


def test_a_site_is_a_clean_repository_with_one_commit(tmp_path: Path) -> None:
    made = create_site(tmp_path / "a" / "lab", "lab", LAB, password=PASSWORD, content=toolkit_content())
    assert _git(made.path, "status", "--porcelain") == ""
    assert len(_git(made.path, "log", "--format=%s").splitlines()) == 1
    committed = set(_git(made.path, "ls-files").splitlines())
    assert {"site.yml", "secrets.yml", "inventory/operator.pub", "certificates/ca.crt"} <= committed
    assert {str(file.relative_to(made.path)) for file in made.files} == committed
    assert set(read_secrets(made.path, PASSWORD)) == set(made.secrets)
    assert [child.name for child in (tmp_path / "a").iterdir()] == ["lab"]


def test_nothing_secret_is_in_clear_git_objects_included(tmp_path: Path) -> None:
    path = create_site(tmp_path / "lab", "lab", LAB, password=PASSWORD, content=toolkit_content()).path
    lines = [
        line
        for value in read_secrets(path, PASSWORD).values()
        for line in value.splitlines()
        if not line.startswith("-----")
    ]
    objects = _git(path, "cat-file", "--batch-check=%(objectname)", "--batch-all-objects").split()
    texts = [_git(path, "cat-file", "-p", name) for name in objects]
    texts += [file.read_text(errors="replace") for file in tmp_path.rglob("*") if file.is_file()]
    assert lines
    assert not [line for line in lines for text in texts if line in text]


def test_an_empty_folder_is_taken_and_a_used_one_is_not(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    create_site(tmp_path / "empty", "lab", LAB, password=PASSWORD, content=toolkit_content())
    with pytest.raises(InputError, match="a site already"):
        create_site(tmp_path / "empty", "lab", LAB, password=PASSWORD, content=toolkit_content())
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "letter").write_text("dear")
    with pytest.raises(InputError, match="not empty"):
        create_site(tmp_path / "used", "lab", LAB, password=PASSWORD, content=toolkit_content())
    assert [child.name for child in (tmp_path / "used").iterdir()] == ["letter"]


def test_who_stands_in_the_empty_folder_still_does_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    create_site(Path(), "lab", LAB, password=PASSWORD, content=toolkit_content())
    assert Path("site.yml").is_file()
    assert [child.name for child in tmp_path.iterdir()] == ["here"]


def test_what_cannot_be_moved_into_an_empty_folder_leaves_it_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    rename = Path.rename

    def refused(self: Path, target: Path) -> Path:
        if target == folder / "site.yml":
            raise PermissionError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(FailedError, match="can't be made"):
        create_site(folder, "lab", LAB, password=PASSWORD, content=toolkit_content())
    assert list(folder.iterdir()) == []
    assert [child.name for child in tmp_path.iterdir()] == ["here"]


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    broken = Content(tmp_path / "content")
    folder = broken.environments / "bootstrap"
    folder.mkdir(parents=True)
    (folder / "secrets.yml").write_text("broken: [\n")
    with pytest.raises(FailedError):
        create_site(tmp_path / "sites" / "lab", "lab", LAB, password=PASSWORD, content=broken)
    assert list((tmp_path / "sites").iterdir()) == []


def test_another_repository_in_the_environment_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other"
    other.mkdir()
    _git(other, "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    path = create_site(tmp_path / "lab", "lab", LAB, password=PASSWORD, content=toolkit_content()).path
    monkeypatch.delenv("GIT_DIR")
    monkeypatch.delenv("GIT_WORK_TREE")
    assert _git(path, "log", "--format=%s")
    assert _git(other, "ls-files") == ""


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=False)
    return done.stdout.strip()
