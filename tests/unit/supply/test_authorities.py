"""Authorities that a machine was given for one registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.supply.authorities import machine_authorities, machine_folder

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def _give(folder: Path, address: str, **files: str) -> Path:
    (folder / address).mkdir(parents=True)
    for name, text in files.items():
        (folder / address / name.replace("_", ".")).write_text(text)
    return folder / address


def test_the_first_folder_for_the_registry_counts(tmp_path: Path) -> None:
    folders = (tmp_path / "one", tmp_path / "two")
    second = _give(folders[1], "registry.test:5000", ca_crt="second")
    assert machine_folder("registry.test:5000", folders=folders) == second
    first = _give(folders[0], "registry.test:5000", b_crt="first b\n\n", a_crt="first a", client_key="a key")
    assert machine_folder("registry.test:5000", folders=folders) == first
    assert machine_authorities("registry.test:5000", folders=folders) == "first a\nfirst b\n"
    assert machine_folder("registry.test", folders=folders) is None
    assert machine_authorities("registry.test", folders=folders) == ""


def test_what_cannot_be_read_gives_nothing(tmp_path: Path) -> None:
    folder = _give(tmp_path, "registry.test", a_crt="text")
    (folder / "b.crt").write_bytes(b"\xff\x00")
    (folder / "c.crt").mkdir()
    assert machine_authorities("registry.test", folders=(tmp_path,)) == "text\n"


def test_the_persons_own_folder_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    own = _give(tmp_path / ".config/containers/certs.d", "registry.test", ca_crt="own")
    assert machine_folder("registry.test") == own
