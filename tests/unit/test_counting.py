from __future__ import annotations

import pytest

from groundplane.counting import counted, duration, size


@pytest.mark.parametrize(("number", "said"), [(0, "0 hosts"), (1, "1 host"), (1000, "1,000 hosts")])
def test_one_is_singular(number: int, said: str) -> None:
    assert counted(number, "host") == said


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.42, "0.4s"), (9.96, "10.0s"), (12.4, "12s"), (61, "1m01s"), (3725, "1h02m")]
)
def test_durations_are_said_as_people_do(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_sizes_are_said_as_people_do() -> None:
    assert (size(0), size(85_400_000), size(1_230_000_000)) == ("0 MB", "85 MB", "1.2 GB")
