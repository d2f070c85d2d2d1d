from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from groundplane.ceph import validation
from groundplane.errors import InputError, Problem
from groundplane.layers.sense import problems_of, refuse_senseless

if TYPE_CHECKING:
    from groundplane.site.site import Site

SITE = cast("Site", None)


def test_each_layer_is_asked_once_and_only_those_that_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def problems(site: object) -> tuple[Problem, ...]:
        asked.append(site)
        return (Problem("too wide", "Ask for less."),)

    monkeypatch.setattr(validation, "layer_problems", problems)
    assert problems_of(SITE, ["bootstrap", "supply"]) == ()
    assert asked == []
    assert [problem.what for problem in problems_of(SITE, ["ceph", "bootstrap", "ceph"])] == ["too wide"]
    assert len(asked) == 1
    refuse_senseless(SITE, ["bootstrap"])
    with pytest.raises(InputError, match="can't be: 1 problem") as caught:
        refuse_senseless(SITE, ["ceph"])
    assert len(caught.value.problems) == 1
