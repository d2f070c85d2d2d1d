"""Users of the gateways: what is asked for against what radosgw-admin shows."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

users: Any = importlib.import_module("ceph_gateway_user")
CephError: Any = importlib.import_module("ceph_session").CephError

SEEN: dict[str, Any] = {
    "user_id": "backup",
    "display_name": "Backups",
    "caps": [{"type": "buckets", "perm": "*"}, {"type": "users", "perm": "read"}],
    "subusers": [{"id": "backup:swift", "permissions": "full-control"}],
    "keys": [{"user": "backup", "access_key": "ACCESS", "secret_key": "SECRET"}],
    "user_quota": {"enabled": True, "max_size": 1048576},
}


def steps(seen: Any, **asked: Any) -> list[list[str]]:
    return [words for _, words in users.Wanted(name="backup", **asked).steps(seen)]


def test_a_user_that_is_as_it_should_be() -> None:
    asked = {"display_name": "Backups", "caps": "users=read; buckets=read,write", "swift": True, "quota_bytes": 1048576}
    assert steps(SEEN, **asked) == []
    assert steps(SEEN) == []


def test_a_new_user_is_made_with_all_it_needs() -> None:
    found = steps(None, caps="users=read", system=True, swift=True, quota_bytes=4096)
    assert [words[:2] for words in found] == [
        ["user", "create"],
        ["caps", "add"],
        ["user", "modify"],
        ["subuser", "create"],
        ["quota", "set"],
        ["quota", "enable"],
    ]
    assert found[0][2:] == ["--uid=backup", "--display-name=backup"]
    assert found[1][-1] == "--caps=users=read"


def test_capabilities_are_taken_and_given_one_by_one() -> None:
    assert steps(SEEN, caps="users=*;metadata=read") == [
        ["caps", "rm", "--uid=backup", "--caps=buckets=*"],
        ["caps", "add", "--uid=backup", "--caps=metadata=read; users=write"],
    ]
    assert steps(SEEN, caps="") == [["caps", "rm", "--uid=backup", "--caps=buckets=*; users=read"]]


@pytest.mark.parametrize("written", ["users", "users=", "=read", "users=all"])
def test_capabilities_that_are_not_written_like_that(written: str) -> None:
    with pytest.raises(CephError, match="isn't a capability"):
        users.parse_caps(written)


def test_the_rest_is_changed_where_it_differs() -> None:
    assert steps(SEEN, display_name="Others") == [["user", "modify", "--uid=backup", "--display-name=Others"]]
    assert steps(SEEN, swift=False) == [["subuser", "rm", "--uid=backup", "--subuser=backup:swift", "--purge-keys"]]
    assert steps(SEEN, quota_bytes=0) == [["quota", "disable", "--quota-scope=user", "--uid=backup"]]
    assert steps({**SEEN, "system": "true"}, system=False)[0][-1] == "--system=false"


def test_nothing_said_holds_a_key() -> None:
    said = [text for text, _ in users.Wanted(name="backup", caps="users=*", swift=True).steps(None)]
    assert said
    assert not any("SECRET" in text or "ACCESS" in text for text in said)


def test_check_mode_asks_and_changes_nothing() -> None:
    class Administration:
        asked: list[tuple[str, ...]] = []  # noqa: RUF012

        def find(self, _name: str) -> Any:
            return None

        def ask(self, *words: str) -> None:
            self.asked.append(words)

    administration = Administration()
    said = users.set_up(administration, users.Wanted(name="backup"), check=True)
    assert said == ["make the user backup"]
    assert administration.asked == []
    users.set_up(administration, users.Wanted(name="backup"), check=False)
    assert administration.asked == [("user", "create", "--uid=backup", "--display-name=backup")]
