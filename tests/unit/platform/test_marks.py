"""The mark at the end of a description."""

from __future__ import annotations

from groundplane.platform.marks import has_mark, mark, marked, without_mark

from .conftest import Desk  # noqa: TC001


def test_a_description_with_its_mark_and_without_it(desk: Desk) -> None:
    desk.declare()
    site = desk.site
    assert (mark(site), marked(site, "")) == ("test", "[groundplane test]")
    assert marked(site, "For all") == "For all [groundplane test]"
    assert has_mark(site, marked(site, "For all"))
    assert without_mark(site, marked(site, "For all")) == "For all"
    assert without_mark(site, None) == ""


def test_another_sites_mark_isnt_ours(desk: Desk) -> None:
    desk.declare()
    assert not has_mark(desk.site, "For all [groundplane other]")
    assert not has_mark(desk.site, None)


def test_another_layers_mark_isnt_the_platforms(desk: Desk) -> None:
    desk.declare()
    site = desk.site
    description = marked(site, "For all", "identity")
    assert description == "For all [groundplane test identity]"
    assert has_mark(site, description, "identity")
    assert not has_mark(site, description)
    assert without_mark(site, description, "identity") == "For all"
