from __future__ import annotations

import pytest

from groundplane.counting import counted


@pytest.mark.parametrize(("number", "said"), [(0, "0 hosts"), (1, "1 host"), (1000, "1,000 hosts")])
def test_one_is_singular(number: int, said: str) -> None:
    assert counted(number, "host") == said
