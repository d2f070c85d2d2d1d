"""Customers' realms, brokered into the proxy realm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.identity.keycloak.brokering import BROKER

from .conftest import ACME, Office

if TYPE_CHECKING:
    from groundplane.identity.keycloak.realms import Realms


def provider(office: Office, name: str = "acme") -> dict[str, object]:
    return office.keycloak.realms["cloud"].of("identity-provider/instances", name)


def mappers(office: Office, name: str = "acme") -> dict[str, dict[str, str]]:
    return {one["name"]: one["config"] for one in office.keycloak.realms["cloud"].mappers[name]}


def test_the_customers_domain_is_written_into_the_provider_and_taken_from_no_claim(office: Office) -> None:
    office.declare("acme", {**ACME, "domain": "acme-corp"})
    office.apply()
    assert mappers(office)["domain"] == {
        "attribute": "openstack-domain",
        "attribute.value": "acme-corp",
        "syncMode": "FORCE",
    }


def test_names_carry_the_realm_and_groups_are_taken_over_at_each_login(office: Office) -> None:
    office.apply()
    assert mappers(office)["username"]["template"] == "acme.${CLAIM.preferred_username}"
    assert mappers(office)["groups"] == {"claim": "groups", "user.attribute": "openstack-groups", "syncMode": "FORCE"}


def test_the_secret_is_keycloaks_own_and_the_same_at_both_ends(office: Office) -> None:
    office.apply()
    secret = office.keycloak.realms["acme"].of("clients", BROKER)["secret"]
    config = provider(office)["config"]
    assert isinstance(config, dict)
    assert config["clientSecret"] == secret
    office.keycloak.realms["acme"].of("clients", BROKER)["secret"] = "rotated"
    office.edited()
    assert office.apply() == ["Identity provider cloud/acme: changed (secret another one → as declared)"]
    assert provider(office)["config"]["clientSecret"] == "rotated"  # type: ignore[index]


def test_addresses_are_those_of_the_site(office: Office) -> None:
    office.options(identity_url="https://sso.example/")
    office.apply()
    client = office.keycloak.realms["acme"].of("clients", BROKER)
    assert client["redirectUris"] == ["https://sso.example/realms/cloud/broker/acme/endpoint"]
    assert provider(office)["config"]["issuer"] == "https://sso.example/realms/acme"  # type: ignore[index]


def test_a_customer_that_is_closed_is_closed_at_both_ends_and_its_people_are_out(office: Office) -> None:
    office.apply()
    for name, domain in (("acme.alice", "acme"), ("globex.alice", "globex")):
        office.realm("cloud").add("users", {"username": name, "attributes": {"openstack-domain": [domain]}})
    office.declare("acme", {**ACME, "enabled": False})
    assert office.apply() == [
        "Realm acme: changed (enabled yes → no)",
        "Identity provider cloud/acme: changed (enabled yes → no)",
    ]
    assert office.realm("cloud").logged_out == ["acme.alice"]


def test_a_realm_that_isnt_a_customers_isnt_brokered(office: Office) -> None:
    office.declare("staff", {"broker": False, "display_name": "Staff"})
    office.apply()
    assert BROKER not in [one["clientId"] for one in office.keycloak.realms["staff"].things["clients"]]
    assert [one["alias"] for one in office.keycloak.realms["cloud"].things["identity-provider/instances"]] == ["acme"]


def test_one_realm_alone_can_be_asked_for(office: Office) -> None:
    realms: Realms = office.realms
    names = [thing.name for thing in realms.of("acme")]
    assert names[0] == "realm acme"
    assert "user acme/alice" in names
    assert not [name for name in names if "cloud" in name]
    assert list(realms.of("nobody")) == []
