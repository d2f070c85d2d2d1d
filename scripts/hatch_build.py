"""Puts the toolkit's content into a wheel, and only there: an editable install reads it from the checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDERS = ("playbooks", "roles", "environments", "releases", "inventories", "images")


class ContentHook(BuildHookInterface[Any]):
    """Adds each content folder as groundplane/_content/FOLDER."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        for folder in FOLDERS:
            if (Path(self.root) / folder).is_dir():
                build_data["force_include"][folder] = f"groundplane/_content/{folder}"
