"""A site as `groundplane init` writes it, made once; each test works on its own copy."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.command import PROGRAM, Answer, clean_environment, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True, slots=True)
class SiteFolder:
    """A site, and the commands run on it."""

    path: Path
    env: dict[str, str]

    def groundplane(self, *words: str, **more: Any) -> Answer:
        return run(PROGRAM, *words, cwd=self.path, env=self.env, **more)

    def edit(self, file: str, change: Callable[[Any], None]) -> None:
        """Loads a YAML file, lets `change` work on it, writes it back."""
        path = self.path / file
        data = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
        data = {} if data is None else data
        change(data)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")

    def append(self, file: str, text: str) -> None:
        path = self.path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        old = path.read_text(encoding="utf-8") if path.is_file() else ""
        path.write_text(old + text, encoding="utf-8")


def make_site(folder: Path, template: str) -> SiteFolder:
    """`init` and `secrets init`, as a newcomer types them."""
    home = folder / "home"
    home.mkdir(parents=True)
    password = home / "vault-password"
    password.write_text(PASSWORD + "\n", encoding="utf-8")
    password.chmod(0o600)
    env = clean_environment(home, GROUNDPLANE_VAULT_PASSWORD_FILE=str(password))
    site = folder / "site"
    made = run(PROGRAM, "init", site, "--template", template, cwd=folder, env=env)
    assert made.code == 0, str(made)
    result = SiteFolder(site, env)
    secrets = result.groundplane("secrets", "init")
    assert secrets.code == 0, str(secrets)
    return result


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> SiteFolder:
    return make_site(tmp_path_factory.mktemp("pristine"), "production")


@pytest.fixture
def site(pristine: SiteFolder, tmp_path: Path) -> SiteFolder:
    path = tmp_path / "site"
    shutil.copytree(pristine.path, path, symlinks=True)
    return SiteFolder(path, pristine.env)
