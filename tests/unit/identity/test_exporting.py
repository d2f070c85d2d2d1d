"""Realms written down without secrets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.errors import InputError
from groundplane.identity.exporting import MASK, every, export_realm, without_secrets

from .keycloak.conftest import cloud_folder, office, site_folder

if TYPE_CHECKING:
    from .keycloak.conftest import Office

__all__ = ["cloud_folder", "office", "site_folder"]


@pytest.fixture
def exporting(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    office.apply()
    plain = office.keycloak._in_realm

    def with_export(realm: Any, method: str, path: str, body: Any, params: dict[str, str]) -> Any:
        if path == "partial-export":
            assert params == {"exportClients": "true", "exportGroupsAndRoles": "true"}
            assert method == "POST"
            return {**realm.it, "clients": realm.things["clients"], "components": {"keys": [
                {"name": "rsa", "config": {"privateKey": ["planted-key"], "priority": ["100"]}}
            ]}}, ""  # fmt: skip
        return plain(realm, method, path, body, params)

    monkeypatch.setattr(office.keycloak, "_in_realm", with_export)
    return office


def test_what_goes_by_a_secrets_name_is_blanked_out(exporting: Office) -> None:
    found = export_realm(exporting.keycloak, "acme")
    assert found["realm"] == "acme"
    [broker] = [one for one in found["clients"] if one["clientId"] == "groundplane-broker"]
    assert broker["secret"] == MASK
    assert found["components"]["keys"][0]["config"] == {"privateKey": [MASK], "priority": ["100"]}
    text = json.dumps(found)
    assert "planted" not in text
    assert "made by Keycloak" not in text
    assert "users" not in found


def test_people_come_without_what_they_log_in_with(exporting: Office) -> None:
    [alice] = export_realm(exporting.keycloak, "acme", people=True)["users"]
    assert (alice["username"], alice["groups"]) == ("alice", ["/developers"])
    assert not {"id", "credentials", "createdTimestamp"} & set(alice)


def test_an_unknown_realm_is_refused_with_the_nearest_known(exporting: Office) -> None:
    with pytest.raises(InputError, match="no realm 'acne'") as refused:
        export_realm(exporting.keycloak, "acne")
    assert "acme" in refused.value.cure


def test_empty_secrets_and_names_of_keys_stay() -> None:
    given = {"secret": "", "smtpServer": {"password": "x", "host": "mail"}, "required": [{"secret": None}]}
    assert without_secrets(given) == {
        "secret": "",
        "smtpServer": {"password": MASK, "host": "mail"},
        "required": [{"secret": None}],
    }


def test_long_lists_are_read_page_after_page() -> None:
    class Pages:
        def __init__(self) -> None:
            self.asked: list[dict[str, str]] = []

        def all(self, _path: str, **params: str) -> list[dict[str, Any]]:
            self.asked.append(params)
            first, most = int(params["first"]), int(params["max"])
            return [{"id": number} for number in range(450)][first : first + most]

    pages: Any = Pages()
    assert len(list(every(pages, "users", search="x"))) == 450
    assert [one["first"] for one in pages.asked] == ["0", "200", "400"]
    assert {one["search"] for one in pages.asked} == {"x"}
