"""The temporary user is gone afterwards, whatever happens."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

check: Any = importlib.import_module("ceph_object_check")
CephError: Any = importlib.import_module("ceph_session").CephError

KEY = {"user": check.USER, "access_key": "ACCESS", "secret_key": "SECRET"}
LOGIN = {"user": f"{check.USER}:swift", "secret_key": "SWIFT"}


class Administration:
    """Knows which users there are; `refused` are the words of a command that fails."""

    def __init__(self, *, left: bool = False, refused: str = "") -> None:
        self.users = {check.USER} if left else set()
        self.refused = refused
        self.asked: list[str] = []

    def ask(self, *words: str) -> Any:
        command = " ".join(words[:2])
        self.asked.append(command)
        if command == self.refused:
            raise CephError(f"radosgw-admin {command}: refused", -5)
        match command:
            case "user create":
                if self.users:
                    raise CephError("radosgw-admin user create: user exists", -17)
                self.users.add(check.USER)
                return {"keys": [KEY], "swift_keys": []}
            case "subuser create":
                return {"keys": [KEY], "swift_keys": [LOGIN]}
            case _:
                assert words[2:] == (f"--uid={check.USER}", "--purge-data")
                self.users.clear()
                return ""

    def find(self, user: str) -> Any:
        return {"user_id": user} if user in self.users else None


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(check, "write_and_read", lambda client, name: found.append(f"{type(client).__name__} {name}"))
    monkeypatch.setattr(check, "Swift", type("Swift", (), {"__init__": lambda self, gateway, keys: None}))
    return found


def run(administration: Administration, **options: Any) -> dict[str, list[str]]:
    gateways = {"node1": "172.31.9.11", "node2": "172.31.9.12"}
    found: dict[str, list[str]] = check.check_gateways(
        administration, gateways, **{"port": 7480, "tls": False, "swift": True, **options}
    )
    return found


def test_each_gateway_is_tried_by_both_and_the_user_is_removed(tried: list[str]) -> None:
    administration = Administration()
    assert run(administration) == {"node1": [], "node2": []}
    assert sorted(line.split()[0] for line in tried) == ["S3", "S3", "Swift", "Swift"]
    # No two buckets have the same name.
    assert len(set(tried)) == 4
    assert administration.users == set()


def test_without_swift_there_is_no_login_for_it(tried: list[str]) -> None:
    administration = Administration()
    run(administration, swift=False)
    assert administration.asked == ["user create", "user rm"]
    assert len(tried) == 2


def test_a_user_that_a_killed_check_left_is_removed_first(tried: list[str]) -> None:
    administration = Administration(left=True)
    assert run(administration) == {"node1": [], "node2": []}
    assert administration.asked == ["user create", "user rm", "user create", "subuser create", "user rm"]
    assert administration.users == set()
    assert tried


def test_what_a_gateway_refuses_is_told_of_that_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    def write_and_read(client: Any, _name: str) -> None:
        if "172.31.9.12" in client._gateway.endpoint:
            raise check.ObjectError("can't write an object: 507")

    monkeypatch.setattr(check, "write_and_read", write_and_read)
    administration = Administration()
    assert run(administration, swift=False) == {"node1": [], "node2": ["S3: can't write an object: 507"]}
    assert administration.users == set()


def test_the_user_goes_when_the_check_itself_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    def write_and_read(_client: Any, _name: str) -> None:
        raise RuntimeError

    monkeypatch.setattr(check, "write_and_read", write_and_read)
    administration = Administration()
    with pytest.raises(RuntimeError):
        run(administration, swift=False)
    assert administration.users == set()


def test_a_login_that_can_not_be_made_leaves_no_user() -> None:
    administration = Administration(refused="subuser create")
    with pytest.raises(CephError, match="subuser create"):
        run(administration)
    assert administration.users == set()


def test_no_gateways_no_user() -> None:
    administration = Administration()
    assert check.check_gateways(administration, {}, port=7480, tls=True, swift=True) == {}
    assert administration.asked == []
