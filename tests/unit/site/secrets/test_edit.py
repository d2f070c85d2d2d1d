from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.content import toolkit_content
from groundplane.errors import InputError
from groundplane.site.secrets.declared import load_declared
from groundplane.site.secrets.edit import Edited, edit_secrets
from groundplane.site.secrets.generate import PublicFacts
from groundplane.site.secrets.store import complete_secrets, read_secrets, secrets_file, write_plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PASSWORD = b"a password"
DECLARED = load_declared(toolkit_content(), ["bootstrap"])


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site"
    complete_secrets(path, PASSWORD, DECLARED, PublicFacts("cloud", "example.org", 100))
    return path


def _edit(
    site: Path, change: Callable[[str], str], again: Callable[[InputError], bool] = lambda _: False
) -> tuple[Edited, Path]:
    seen: list[Path] = []

    def editor(file: Path) -> None:
        seen.append(file)
        (file.parent / f".{file.name}.swp").write_text(file.read_text())
        file.write_text(change(file.read_text()))

    memory = site.parent / "memory"
    try:
        done = edit_secrets(site, PASSWORD, DECLARED, memory=memory, edit=editor, again=again)
    finally:
        assert list(memory.iterdir()) == [], "something decrypted was left"
        assert not seen[0].is_relative_to(site)
    return done, seen[0]


def test_what_was_written_is_encrypted_and_told_by_name_only(site: Path) -> None:
    done, _ = _edit(site, lambda text: text + "portal_token: gp-planted-edit-91\n")
    assert done == Edited(added=("portal_token",))
    assert read_secrets(site, PASSWORD)["portal_token"] == "gp-planted-edit-91"
    for file in site.rglob("*"):
        assert file.is_dir() or b"gp-planted-edit-91" not in file.read_bytes()


def test_changed_and_removed_are_told_apart(site: Path) -> None:
    _edit(site, lambda text: text + "one: 1\ntwo: 2\n")
    done, _ = _edit(site, lambda text: text.replace("one: 1\n", "").replace("two: 2", "two: 3"))
    assert done == Edited(changed=("two",), removed=("one",))


def test_closing_the_editor_without_a_change_leaves_the_file_alone(site: Path) -> None:
    before = secrets_file(site).read_bytes()
    done, _ = _edit(site, lambda text: text)
    assert not done
    assert secrets_file(site).read_bytes() == before


def test_a_needed_secret_cannot_be_removed(site: Path) -> None:
    before = secrets_file(site).read_bytes()
    with pytest.raises(InputError, match="can't be removed") as told:
        _edit(site, lambda _: "other: 1\n")
    assert len(told.value.problems) == len(DECLARED)
    assert secrets_file(site).read_bytes() == before


def test_broken_yaml_goes_back_to_the_editor_with_the_text_kept(site: Path) -> None:
    rounds: list[str] = []

    def change(text: str) -> str:
        rounds.append(text)
        return text + "broken: [\n" if len(rounds) == 1 else text.replace("broken: [", "whole: 1")

    done, _ = _edit(site, change, again=lambda error: "can't be used" in error.what)
    assert len(rounds) == 2
    assert rounds[1].endswith("broken: [\n")
    assert done.added == ("whole",)


def test_a_change_by_somebody_else_is_not_overwritten(site: Path) -> None:
    def change(text: str) -> str:
        write_plain(site, text + "theirs: 1\n", PASSWORD)
        return text + "ours: 1\n"

    with pytest.raises(InputError, match="somebody else"):
        _edit(site, change)
    assert "theirs" in read_secrets(site, PASSWORD)
