"""Domains and projects by their names."""

from __future__ import annotations

import pytest

from groundplane.errors import FailedError
from groundplane.platform.scopes import Scopes, split_project

from .fake_cloud import FakeCloud


def test_names_in_a_domain_or_with_one() -> None:
    cloud = FakeCloud()
    domain = cloud.add("domains", name="customer")
    inner = cloud.add("projects", name="inner", domain_id=domain["id"])
    scopes = Scopes(cloud)
    assert scopes.project_id("customer/inner") == inner["id"]
    assert scopes.project_id("inner", "customer") == inner["id"]
    assert scopes.project("inner") is None
    assert scopes.project_id("") == "admin"
    assert scopes.found_id("nobody/inner") is None


def test_what_isnt_there_says_where_to_declare_it() -> None:
    scopes = Scopes(FakeCloud())
    with pytest.raises(FailedError, match="no project inner") as caught:
        scopes.project_id("inner")
    assert caught.value.why == "Keystone has no project Default/inner"
    with pytest.raises(FailedError, match="no domain x") as caught:
        scopes.domain_id("x")
    assert "platform_domains" in caught.value.cure


def test_what_is_made_meanwhile_is_found() -> None:
    cloud = FakeCloud()
    scopes = Scopes(cloud)
    assert scopes.project("late") is None
    cloud.add("projects", name="late", domain_id="default")
    assert scopes.project("late") is not None
    assert scopes.domain("customer") is None
    cloud.add("domains", name="customer")
    assert scopes.domain("customer") is not None


def test_how_names_are_split() -> None:
    assert split_project("a/b") == ("a", "b")
    assert split_project("b", "d") == ("d", "b")
