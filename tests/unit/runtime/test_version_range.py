"""Ranges of versions."""

from __future__ import annotations

import pytest

from groundplane.errors import InputError
from groundplane.runtime.version_range import fits


@pytest.mark.parametrize(
    ("version", "wanted", "answer"),
    [
        ("3.13", ">=3.12,<3.15", True),
        ("3.11", ">=3.12,<3.15", False),
        ("3.15", ">=3.12,<3.15", False),
        ("3.9", ">=3.10", False),
        ("3.10.4", ">= 3.10, != 3.11", True),
        ("3.11", ">=3.10,!=3.11", False),
        ("12.6.2", "<13", True),
        ("13.0.0", "<13", False),
        ("2", "==2.0.0", True),
        ("2.1", "2.1.0", True),
        ("1", "", True),
    ],
)
def test_a_version_is_in_a_range_or_not(version: str, wanted: str, *, answer: bool) -> None:
    assert fits(version, wanted) is answer


@pytest.mark.parametrize("wanted", ["about 3.12", "~=latest"])
def test_a_range_that_cannot_be_read_is_told(wanted: str) -> None:
    with pytest.raises(InputError, match="not a range"):
        fits("3.12", wanted)
