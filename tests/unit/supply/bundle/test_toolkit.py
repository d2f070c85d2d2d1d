"""The toolkit carried along."""

from __future__ import annotations

import io
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from groundplane.content import Content, toolkit_content
from groundplane.errors import InputError
from groundplane.supply.bundle.toolkit import find_toolkit, release_items, source_archive, toolkit_items

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "clone"
    for name, text in {"a.py": "a", "scripts/run": "#!/bin/sh\n", ".venv/x": "x", "b/__pycache__/y.pyc": "y"}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    (root / "scripts/run").chmod(0o755)
    return root


def names(archive: bytes) -> dict[str, int]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        return {member.name: member.mode for member in opened}


def test_the_source_is_what_git_would_keep_and_the_same_bytes_each_time(checkout: Path) -> None:
    without_git = source_archive(checkout, "groundplane-1")
    assert names(without_git) == {"groundplane-1/a.py": 0o644, "groundplane-1/scripts/run": 0o755}
    subprocess.run(["git", "init", "-q", str(checkout)], check=True)
    (checkout / ".gitignore").write_text("ignored\n", encoding="utf-8")
    (checkout / "ignored").write_text("secret", encoding="utf-8")
    first = source_archive(checkout, "groundplane-1")
    assert "groundplane-1/ignored" not in names(first)
    (checkout / "a.py").touch()
    assert source_archive(checkout, "groundplane-1") == first


def test_a_clone_is_its_own_source() -> None:
    toolkit = find_toolkit(toolkit_content(), loaded=None)
    assert toolkit.checkout == toolkit_content().root
    assert "click==" in toolkit.lock("groundplane.txt")


def test_an_installed_wheel_hands_on_what_a_bundle_brought(tmp_path: Path) -> None:
    content = Content(tmp_path / "_content")
    with pytest.raises(InputError, match="nothing here to make its wheel from"):
        find_toolkit(content, loaded=tmp_path / "current")
    version = find_toolkit(toolkit_content(), loaded=None).version
    folder = tmp_path / "current/toolkit"
    folder.mkdir(parents=True)
    (folder / f"groundplane-{version}-py3-none-any.whl").write_text("wheel", encoding="utf-8")
    (folder / "groundplane.txt").write_text("click==1 --hash=sha256:0\n", encoding="utf-8")
    toolkit = find_toolkit(content, loaded=tmp_path / "current")
    assert toolkit.lock("groundplane.txt").startswith("click")
    items = toolkit_items(toolkit, python="unused", cache=tmp_path)
    assert {item.path for item in items} == {
        f"toolkit/groundplane-{version}-py3-none-any.whl",
        "toolkit/groundplane.txt",
    }


def test_a_release_comes_with_its_locks() -> None:
    paths = {item.path for item in release_items(toolkit_content(), "2026.1")}
    assert {"release/2026.1.yml", "release/2026.1-requirements.txt"} <= paths
