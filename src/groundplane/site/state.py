"""Where a site keeps its state: journal, logs, reports, lock; never in git. As light as a look around has to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

STATE_FOLDER = ".groundplane"


def state_folder(site: Path) -> Path:
    """Of the site in this folder, whether it is there yet or not."""
    return site / STATE_FOLDER
