"""CephX users: what is asked for against what is there."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

auth: Any = importlib.import_module("ceph_auth")

GLANCE = {"name": "glance", "caps": {"mon": "profile rbd", "osd": "profile rbd pool=images, profile rbd pool=vms"}}
KEY = "AQC-not-a-key-at-all=="


def entry(**caps: str) -> dict[str, Any]:
    return {"entity": "client.glance", "key": KEY, "caps": caps}


def users(*written: dict[str, Any], filesystems: bool = False) -> Any:
    found, problems = auth.read_users(list(written), filesystems=filesystems)
    assert problems == []
    return found


def test_a_new_user_is_made_with_its_caps() -> None:
    changes = auth.plan_users(users(GLANCE), [])
    assert [change.sentence for change in changes] == ["user client.glance made"]
    assert changes[0].prefix == "auth get-or-create"
    assert changes[0].arguments == {
        "entity": "client.glance",
        "caps": ["mon", "profile rbd", "osd", "profile rbd pool=images, profile rbd pool=vms"],
    }


@pytest.mark.parametrize(
    "osd",
    ["profile rbd pool=images, profile rbd pool=vms", "profile rbd pool=vms,profile  rbd pool=images"],
)
def test_order_and_blanks_make_no_difference(osd: str) -> None:
    assert auth.plan_users(users(GLANCE), [entry(mon="profile rbd", osd=osd)]) == []


def test_other_caps_are_set_and_no_key_is_told() -> None:
    changes = auth.plan_users(users(GLANCE), [entry(mon="profile rbd", osd="allow *", mgr="allow r")])
    assert [change.prefix for change in changes] == ["auth caps"]
    sentence = changes[0].sentence
    assert "osd 'allow *' → 'profile rbd pool=images" in sentence
    assert "mgr 'allow r' → None" in sentence
    assert KEY not in sentence


def test_some_users_are_only_there_with_file_systems() -> None:
    manila = {"name": "manila", "caps": {"mon": "allow r"}, "only_with_filesystems": True}
    assert users(manila) == []
    assert [user.name for user in users(manila, filesystems=True)] == ["manila"]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"name": "client.glance", "caps": {}}, "without client."),
        ({"name": "two words", "caps": {}}, "can't be a user's name"),
        ({"name": "admin", "caps": {}}, "Ceph's own"),
        ({"name": "bootstrap-osd", "caps": {}}, "Ceph's own"),
        ({"name": "glance", "caps": {"mom": "allow r"}}, "caps for mom"),
    ],
)
def test_what_can_not_be_a_user_is_told(written: dict[str, Any], told: str) -> None:
    found, problems = auth.read_users([written], filesystems=False)
    assert found == []
    assert told in problems[0]


def test_a_user_twice_is_told() -> None:
    _, problems = auth.read_users([GLANCE, GLANCE], filesystems=False)
    assert "twice" in problems[0]
