"""Commands run as in a shell, on the small site of tests/unit/site, with its small toolkit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from groundplane.cli.main import groundplane

from ..site.conftest import SiteFolder, site_folder  # noqa: TID252

if TYPE_CHECKING:
    from click.testing import Result

__all__ = ["Commands", "commands", "site_folder"]


@dataclass
class Commands:
    """Runs `groundplane --site SITE …`."""

    site: SiteFolder

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(groundplane, ["--site", str(self.site.path), *words], catch_exceptions=True)


@pytest.fixture
def commands(site_folder: SiteFolder, monkeypatch: pytest.MonkeyPatch) -> Commands:
    monkeypatch.setattr("groundplane.content.toolkit_content", lambda: site_folder.content)
    site_folder.toolkit("playbooks/bootstrap/kernel.yml", "- hosts: all\n")
    return Commands(site_folder)
