"""Whose a smoke test's things are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from groundplane.openstack.smoke.marks import PREFIX, description, is_left_over, made_at, new_name

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ME, OTHER = "me@here", "other@there"


def test_names_tell_when_they_were_made_and_differ() -> None:
    name = new_name(NOW)
    assert name.startswith(PREFIX)
    assert made_at(name) == NOW
    assert new_name(NOW) != name
    assert made_at("groundplane-smoke-yesterday") is None
    assert made_at("demo") is None


def test_ones_own_and_old_ones_are_left_over() -> None:
    name = new_name(NOW)
    soon = NOW + timedelta(minutes=5)
    assert is_left_over(name, description(ME), holder=ME, now=soon)
    assert not is_left_over(name, description(OTHER), holder=ME, now=soon)
    assert is_left_over(name, description(OTHER), holder=ME, now=NOW + timedelta(hours=3))
    assert not is_left_over("demo", description(ME), holder=ME, now=soon)
