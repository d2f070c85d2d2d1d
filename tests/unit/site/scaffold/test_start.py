from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.content import toolkit_content
from groundplane.errors import InputError
from groundplane.site.loading import read_site_file
from groundplane.site.scaffold.start import StartedSite, start_site
from groundplane.site.secrets.store import read_secrets

if TYPE_CHECKING:
    from pathlib import Path


def _start(tmp_path: Path, folder: str = "cloud", template: str = "production", **more: Any) -> StartedSite:
    given: dict[str, Any] = {
        "name": None,
        "domain": None,
        "release": None,
        "vault_password_file": None,
        "override": None,
        "config": tmp_path / "config",
        "ask": None,
        "content": toolkit_content(),
    }
    return start_site(tmp_path / folder, template, **(given | more))


def test_a_lab_gets_a_password_of_its_own_outside_the_site(tmp_path: Path) -> None:
    made = _start(tmp_path, "My Lab", "lab")
    file = read_site_file(made.path)
    assert file.name == "my-lab"
    assert made.password_file == tmp_path / "config" / "labs" / "my-lab.password"
    assert file.vault.password_file == str(made.password_file)
    assert stat.S_IMODE(made.password_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.password_file.parent.stat().st_mode) == 0o700
    assert read_secrets(made.path, made.password_file.read_bytes().strip())


def test_a_second_lab_of_that_name_keeps_the_password(tmp_path: Path) -> None:
    first = _start(tmp_path, "a/lab", "lab")
    assert first.password_file is not None
    before = first.password_file.read_bytes()
    assert _start(tmp_path, "b/lab", "lab").password_file == first.password_file
    assert first.password_file.read_bytes() == before


def test_a_password_that_is_typed_is_nowhere(tmp_path: Path) -> None:
    made = _start(tmp_path, ask=lambda: "planted-typed-password")
    assert made.password_file is None
    assert read_secrets(made.path, b"planted-typed-password")
    for file in tmp_path.rglob("*"):
        assert file.is_dir() or b"planted-typed-password" not in file.read_bytes()


def test_a_file_that_is_named_is_remembered_and_the_environments_is_not(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("from a file\n")
    named = _start(tmp_path, "a", vault_password_file=tmp_path / "password")
    assert read_site_file(named.path).vault.password_file == str(tmp_path / "password")
    other = _start(tmp_path, "b", override=tmp_path / "password")
    assert read_site_file(other.path).vault.password_file is None
    assert read_secrets(other.path, b"from a file")


def test_the_newest_release_is_taken(tmp_path: Path) -> None:
    made = _start(tmp_path, "lab", "lab", domain="lab.example.org")
    file = read_site_file(made.path)
    assert file.release == sorted(file.stem for file in toolkit_content().releases.glob("*.yml"))[-1]
    assert file.domain == "lab.example.org"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"name": "Bad Name"}, "can't be a site's name"),
        ({"folder": "42"}, "gives no site's name"),
        ({"domain": "no domain"}, "can't be a domain"),
        ({"release": "1999.1"}, "no release"),
        ({}, "nobody can be asked"),
        ({"ask": lambda: "short"}, "too short"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_made(tmp_path: Path, more: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as told:
        _start(tmp_path, **more)
    assert told.value.cure
    assert list(tmp_path.iterdir()) == []


def test_a_password_file_inside_the_site_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="inside"):
        _start(tmp_path, vault_password_file=tmp_path / "cloud" / "password")
