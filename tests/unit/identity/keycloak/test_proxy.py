"""The realm that Keystone talks to."""

from __future__ import annotations

from .conftest import Office  # noqa: TC001


def test_keystone_the_command_line_and_the_manager_have_a_client(office: Office) -> None:
    office.apply()
    realm = office.keycloak.realms["cloud"]
    keystone, line, manager = (
        realm.of("clients", name) for name in ("keystone", "openstack-cli", "groundplane-manager")
    )
    assert keystone["redirectUris"] == ["https://172.31.0.6:5000/redirect_uri"]
    assert keystone["secret"] == "of keystone"
    assert (line["publicClient"], line["standardFlowEnabled"], line["directAccessGrantsEnabled"]) == (
        True,
        False,
        False,
    )
    assert line["attributes"]["oauth2.device.authorization.grant.enabled"] == "true"
    assert (manager["secret"], manager["standardFlowEnabled"]) == ("of the manager", False)
    for client in (keystone, line, manager):
        assert client["defaultClientScopes"] == ["basic", "email", "profile", "openstack"]
        assert client["attributes"]["pkce.code.challenge.method"] == "S256"
        assert client["fullScopeAllowed"] is False


def test_a_site_may_allow_passwords_and_have_a_manager(office: Office) -> None:
    office.options(identity_password_grant=True, identity_manager_url="https://manager.example/")
    office.apply()
    realm = office.keycloak.realms["cloud"]
    assert realm.of("clients", "openstack-cli")["directAccessGrantsEnabled"] is True
    assert realm.of("clients", "groundplane-manager")["redirectUris"] == ["https://manager.example/*"]


def test_what_keystone_goes_by_is_nobodys_to_set(office: Office) -> None:
    office.apply()
    realm = office.keycloak.realms["cloud"]
    named = {one["name"]: one for one in realm.profile["attributes"]}
    alone = {"view": ["admin"], "edit": ["admin"]}
    assert named["openstack-domain"]["permissions"] == named["openstack-groups"]["permissions"] == alone
    assert not [name for name, one in named.items() if "required" in one]
    named["openstack-domain"]["permissions"]["edit"] = ["admin", "user"]
    office.edited()
    told = office.apply()
    assert told == [
        "User profile of realm cloud: changed (attribute openstack-domain others, too → administrators alone)"
    ]


def test_who_passes_through_cant_get_a_password_or_another_login(office: Office) -> None:
    office.apply()
    realm = office.keycloak.realms["cloud"]
    assert [one["alias"] for one in realm.actions if one["enabled"]] == []
    assert realm.composites == []
    assert realm.it["duplicateEmailsAllowed"] is True
    assert realm.it["loginWithEmailAllowed"] is False


def test_tokens_say_domain_and_groups_and_whom_they_are_for(office: Office) -> None:
    office.apply()
    realm = office.keycloak.realms["cloud"]
    scope = realm.of("client-scopes", "openstack")
    mappers = {one["name"]: one["config"] for one in scope["protocolMappers"]}
    assert mappers["openstack-domain"]["multivalued"] == "false"
    assert mappers["openstack-groups"]["multivalued"] == "true"
    assert {one["id.token.claim"] for one in mappers.values()} == {"false"}
    (audience,) = realm.of("clients", "openstack-cli")["protocolMappers"]
    assert audience["config"]["included.client.audience"] == "keystone"
    assert realm.of("clients", "groundplane-manager")["protocolMappers"] == []
