"""Roles of a realm and of its clients."""

from __future__ import annotations

from groundplane.identity.client_options import Client, Role
from groundplane.identity.keycloak.clients import Clients
from groundplane.identity.keycloak.roles import Roles

from .conftest import Office  # noqa: TC001


def test_a_role_is_made_kept_and_put_right(office: Office) -> None:
    kind = Roles(office.work(), [Role(name="auditor", description="Reads all")])
    assert office.bring(kind) == ["Role acme/auditor: changed (made)"]
    office.realm().of("roles", "auditor")["description"] = "Writes all"
    office.edited()
    assert office.bring(kind) == ["Role acme/auditor: changed (description Writes all → Reads all)"]
    assert office.bring(kind) == []


def test_roles_that_are_no_longer_declared_go_and_keycloaks_own_stay(office: Office) -> None:
    office.bring(Roles(office.work(), [Role(name="auditor")]))
    assert office.bring(Roles(office.work(prune=True), [])) == [
        "Role acme/auditor: changed (no longer declared: removed)"
    ]
    assert {one["name"] for one in office.realm().things["roles"]} == {"admin", "default-roles-acme"}


def test_a_clients_role_waits_for_its_client(office: Office) -> None:
    clients = Clients(office.work(), [Client(client_id="web", roles=(Role(name="editor"),))])
    assert office.bring(clients, check=True) == [
        "Client acme/web: changed (would be made)",
        "Role acme/web/editor: changed (would be made)",
    ]
    office.bring(clients)
    assert office.bring(clients) == []
