from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.command import PROGRAM, Answer, clean_environment, run

if TYPE_CHECKING:
    from pathlib import Path


def _init(tmp_path: Path, *words: str, **more: str) -> Answer:
    return run(PROGRAM, "init", *words, cwd=tmp_path, env=clean_environment(tmp_path / "home", **more))


@pytest.fixture(autouse=True)
def _home(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()


def test_a_lab_says_where_its_password_lies_and_what_to_type_next(tmp_path: Path) -> None:
    made = _init(tmp_path, "lab", "--template", "lab")
    assert made.code == 0, made
    assert "groundplane validate" in made.out
    password = tmp_path / "home/config/groundplane/labs/lab.password"
    assert str(password) in made.out
    assert password.read_text().strip() not in made.out
    shown = run(PROGRAM, "secrets", "show", cwd=tmp_path / "lab", env=clean_environment(tmp_path / "home"))
    assert shown.code == 0, shown
    assert "operator_ssh_private_key" in shown.out


def test_production_without_a_terminal_wants_a_password_file(tmp_path: Path) -> None:
    refused = _init(tmp_path, "cloud")
    assert refused.code == 2
    assert "--vault-password-file" in refused.err
    assert not (tmp_path / "cloud").exists()
    (tmp_path / "password").write_text("a pass phrase\n")
    made = _init(tmp_path, "cloud", "--vault-password-file", "password", "--domain", "cloud.example.org")
    assert made.code == 0, made
    assert "domain: cloud.example.org" in (tmp_path / "cloud/site.yml").read_text()


def test_the_environments_password_file_is_used(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("a pass phrase\n")
    made = _init(tmp_path, "cloud", GROUNDPLANE_VAULT_PASSWORD_FILE=str(tmp_path / "password"))
    assert made.code == 0, made


def test_a_site_is_not_written_over(tmp_path: Path) -> None:
    assert _init(tmp_path, "lab", "--template", "lab").code == 0
    again = _init(tmp_path, "lab", "--template", "lab")
    assert again.code == 2
    assert "a site already" in again.err
