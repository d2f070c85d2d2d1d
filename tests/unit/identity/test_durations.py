from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from groundplane.identity.durations import Duration, in_words, seconds

SPAN: TypeAdapter[int] = TypeAdapter(Duration)


@pytest.mark.parametrize(
    ("written", "span"), [(300, 300), ("300", 300), ("5m", 300), ("10h", 36000), ("1d", 86400), ("90s", 90), (0, 0)]
)
def test_what_people_write(written: Any, span: int) -> None:
    assert SPAN.validate_python(written) == span


@pytest.mark.parametrize("written", ["5 minutes", "", "-1", -1, True, 1.5, None, "1w", ["5m"]])
def test_what_is_no_span(written: Any) -> None:
    with pytest.raises(ValidationError, match="no span of time"):
        SPAN.validate_python(written)


@given(st.integers(0, 10**7))
def test_words_mean_the_span_that_they_stand_for(span: int) -> None:
    assert seconds(in_words(span)) == span
