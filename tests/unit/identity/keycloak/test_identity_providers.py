"""Customers' own login services."""

from __future__ import annotations

from groundplane.identity.keycloak.identity_providers import IdentityProviders, upstream
from groundplane.identity.options import Group
from groundplane.identity.provider_options import IdentityProvider

from .conftest import Office  # noqa: TC001

AZURE = IdentityProvider(
    alias="azure",
    issuer="https://login.example/t/",
    client_id="c",
    client_secret="{{ other_secret }}",
    groups_claim="groups",
)


def kind(office: Office, asked: IdentityProvider = AZURE) -> IdentityProviders:
    work = office.work()
    return IdentityProviders(work, [upstream(work, asked, [Group(name="developers")])])


def test_endpoints_come_from_the_issuers_document_and_groups_are_joined(office: Office) -> None:
    assert office.bring(kind(office)) == ["Identity provider acme/azure: changed (made)"]
    made = office.realm().of("identity-provider/instances", "azure")
    assert made["config"]["tokenUrl"] == "https://login.example/t/.well-known/openid-configuration#token"
    assert (made["config"]["pkceMethod"], made["config"]["validateSignature"]) == ("S256", "true")
    (mapper,) = office.realm().mappers["azure"]
    assert mapper["identityProviderMapper"] == "oidc-advanced-group-idp-mapper"
    assert mapper["config"]["claims"] == '[{"key":"groups","value":"developers"}]'
    assert mapper["config"]["group"] == "/developers"
    assert office.bring(kind(office)) == []


def test_another_secret_is_set_and_never_told(office: Office) -> None:
    office.bring(kind(office))
    office.secrets["other_secret"] = "next"
    assert office.bring(kind(office)) == ["Identity provider acme/azure: changed (secret another one → as declared)"]
    assert office.realm().of("identity-provider/instances", "azure")["config"]["clientSecret"] == "next"


def test_a_mapper_that_somebody_changed_is_put_right(office: Office) -> None:
    office.bring(kind(office))
    office.realm().mappers["azure"][0]["config"]["group"] = "/managers"
    office.edited()
    told = office.bring(kind(office))
    assert told == [
        "Identity provider acme/azure: changed (mapper group developers group /managers → /developers)",
    ]
    assert office.bring(kind(office)) == []


def test_saml_signs_and_takes_groups_of_an_attribute(office: Office) -> None:
    asked = IdentityProvider(
        alias="adfs",
        type="saml",
        entity_id="urn:adfs",
        sign_on_url="https://adfs/ls",
        certificates=("-----BEGIN CERTIFICATE-----\nAB\nCD\n-----END CERTIFICATE-----\n",),
        groups_claim="groups",
    )
    office.bring(kind(office, asked))
    made = office.realm().of("identity-provider/instances", "adfs")
    assert (made["providerId"], made["config"]["signingCertificate"]) == ("saml", "ABCD")
    assert made["config"]["validateSignature"] == "true"
    assert office.realm().mappers["adfs"][0]["config"]["attributes"] == '[{"key":"groups","value":"developers"}]'
    assert office.bring(kind(office, asked)) == []
