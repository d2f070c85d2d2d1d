"""Customers as the files, Keycloak and OpenStack have them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.identity.configuration import read_identity
from groundplane.identity.listing import DIFFERS, LOCKED, MISSING, READY, UNDECLARED, list_customers

from ..platform.fake_cloud import FakeCloud  # noqa: TID252
from .keycloak.conftest import ACME, cloud_folder, office, site_folder

if TYPE_CHECKING:
    from groundplane.identity.listing import Customer

    from .keycloak.conftest import Office

__all__ = ["cloud_folder", "office", "site_folder"]


@pytest.fixture
def applied(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    office.declare("globex", {**ACME, "display_name": "Globex", "domain": "glo", "enabled": False})
    office.apply()
    office.declare("new", {})
    plain = office.keycloak._in_realm

    def with_counts(realm: Any, method: str, path: str, body: Any, params: dict[str, str]) -> Any:
        if path == "users/count":
            return len(realm.things["users"]), ""
        if path == "groups/count":
            return {"count": len(realm.things["groups"])}, ""
        if path == "admin-events":
            return ([{"time": 1_795_282_200_000}] if realm.it["realm"] == "acme" else []), ""
        return plain(realm, method, path, body, params)

    monkeypatch.setattr(office.keycloak, "_in_realm", with_counts)
    return office


def listed(office: Office, rest: Any = None) -> dict[str, Customer]:
    office.edited()
    found = list_customers(office.site, read_identity(office.site), office.keycloak, rest)
    return {one.name: one for one in found}


def a_cloud(**enabled: bool) -> FakeCloud:
    cloud = FakeCloud()
    for name, on in enabled.items():
        made = cloud.add("domains", name=name, description="[groundplane test identity]", enabled=on)
        cloud.add("projects", name="web", domain_id=made["id"])
    return cloud


def test_how_each_customer_stands(applied: Office) -> None:
    found = listed(applied, a_cloud(acme=True, glo=False))
    assert {name: one.state for name, one in found.items()} == {"acme": READY, "globex": LOCKED, "new": MISSING}
    acme = found["acme"]
    assert (acme.display_name, acme.domain, acme.projects, acme.users, acme.groups) == ("Acme", "acme", 1, 1, 1)
    assert acme.changed_at == datetime.fromtimestamp(1_795_282_200, UTC)
    assert (found["globex"].changed_at, found["new"].users) == (None, None)


def test_keycloak_alone_is_enough(applied: Office) -> None:
    found = listed(applied)
    assert (found["acme"].state, found["acme"].projects) == (READY, None)


def test_what_somebody_else_switched_is_told(applied: Office) -> None:
    assert listed(applied, a_cloud(acme=False, glo=False))["acme"].state == DIFFERS
    applied.keycloak.realms["globex"].it["enabled"] = True
    assert listed(applied)["globex"].state == DIFFERS


def test_a_domain_that_is_not_there_is_not_applied(applied: Office) -> None:
    assert listed(applied, a_cloud(glo=False))["acme"].state == MISSING


def test_a_realm_whose_file_is_gone_is_told(applied: Office) -> None:
    (applied.folder.path / "environments/identity/realms/acme.yml").unlink()
    found = listed(applied)
    assert (found["acme"].state, found["acme"].display_name) == (UNDECLARED, "Acme")
    assert "cloud" not in found
    assert found["acme"].as_data()["state"] == UNDECLARED
