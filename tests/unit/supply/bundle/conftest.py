"""Who makes bundles in these tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.supply.bundle.made import Maker, make_maker

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return make_maker(tmp_path)
