"""Applications."""

from __future__ import annotations

import pytest

from groundplane.errors import FailedError
from groundplane.identity.client_options import Client, ProtocolMapper, Role
from groundplane.identity.keycloak.clients import Clients

from .conftest import Office  # noqa: TC001

WEB = Client(
    client_id="web",
    secret="{{ other_secret }}",
    redirect_uris=("https://web/*",),
    post_logout_redirect_uris=("https://b", "https://a"),
    default_scopes=("profile", "email"),
    mappers=(ProtocolMapper(name="team", type="oidc-hardcoded-claim-mapper", config={"claim.value": "a"}),),
    roles=(Role(name="editor"),),
)


def test_a_client_is_made_whole_and_stays(office: Office) -> None:
    kind = Clients(office.work(), [WEB])
    assert office.bring(kind) == ["Client acme/web: changed (made)", "Role acme/web/editor: changed (made)"]
    made = office.realm().of("clients", "web")
    assert made["attributes"]["pkce.code.challenge.method"] == "S256"
    assert (made["secret"], made["attributes"]["groundplane"]) == ("also hush", "test")
    assert made["protocolMappers"][0]["protocolMapper"] == "oidc-hardcoded-claim-mapper"
    assert office.bring(kind) == []


def test_each_thing_that_somebody_changed_is_told_and_secrets_never(office: Office) -> None:
    kind, realm = Clients(office.work(), [WEB]), office.realm()
    office.bring(kind)
    made = realm.of("clients", "web")
    made["secret"] = "guessed"
    made["redirectUris"] = ["*"]
    made["protocolMappers"][0]["config"]["claim.value"] = "b"
    made["defaultClientScopes"] = ["profile", "roles"]
    office.edited()
    assert office.bring(kind) == [
        (
            "Client acme/web: changed (may be sent to * → https://web/*; mapper team claim.value b → a; "
            "secret another one → as declared; scopes profile, roles → email, profile)"
        )
    ]
    assert made["secret"] == "also hush"
    assert sorted(made["defaultClientScopes"]) == ["email", "profile"]
    assert office.bring(kind) == []


def test_a_secret_that_keycloak_made_stays(office: Office) -> None:
    client = WEB.model_copy(update={"secret": "", "roles": ()})
    kind = Clients(office.work(), [client])
    office.bring(kind)
    made = office.realm().of("clients", "web")
    made |= {"secret": "rotated", "enabled": False}
    office.edited()
    office.bring(kind)
    assert (made["secret"], made["enabled"]) == ("rotated", True)


def test_a_client_of_somebody_elses_that_differs_is_refused(office: Office) -> None:
    office.realm().add("clients", {"clientId": "web", "name": "Theirs"})
    with pytest.raises(FailedError, match="was not made by this site"):
        office.bring(Clients(office.work(), [WEB]))
    assert office.realm().of("clients", "web")["name"] == "Theirs"
    office.bring(Clients(office.work(), [WEB.model_copy(update={"adopt": True})]))
    assert office.realm().of("clients", "web")["name"] == ""


def test_a_scope_that_isnt_there_is_named(office: Office) -> None:
    office.bring(Clients(office.work(), [WEB]))
    with pytest.raises(FailedError, match="no client scope wages"):
        office.bring(Clients(office.work(), [WEB.model_copy(update={"default_scopes": ("wages",)})]))


def test_what_is_no_longer_declared_goes_where_it_may(office: Office) -> None:
    office.bring(Clients(office.work(), [WEB]))
    assert office.bring(Clients(office.work(prune=True), [], kept=("web",))) == []
    assert office.bring(Clients(office.work(prune=True), [])) == [
        "Client acme/web: changed (no longer declared: removed)"
    ]
