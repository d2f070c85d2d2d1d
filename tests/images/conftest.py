"""The images do their work: built ones, started alone. `scripts/test images` builds them first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.images.containers import Machine

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.images)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    # Other users than the one who runs the tests read these inside the containers.
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)
    made = Machine(tmp_path)
    yield made
    made.close()
