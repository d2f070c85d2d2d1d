"""What tokens say."""

from __future__ import annotations

import pytest

from groundplane.errors import FailedError
from groundplane.identity.client_options import ClientScope, ProtocolMapper, ScopeMapper
from groundplane.identity.keycloak.client_scopes import ClientScopes

from .conftest import Office  # noqa: TC001

PHONE = ProtocolMapper(name="phone", type="oidc-usermodel-attribute-mapper", config={"claim.name": "phone"})
STAFF = ClientScope(name="staff", description="Of staff", assigned="optional", mappers=(PHONE,))


def test_a_scope_is_made_with_mappers_given_to_new_clients_and_stays(office: Office) -> None:
    kind = ClientScopes(office.work(), [STAFF])
    assert office.bring(kind) == ["Client scope acme/staff: changed (made)"]
    made = office.realm().of("client-scopes", "staff")
    assert office.realm().lists["default-optional-client-scopes"] == [made["id"]]
    assert made["protocolMappers"][0]["config"] == {"claim.name": "phone"}
    assert office.bring(kind) == []


def test_what_somebody_changed_is_put_right_and_mappers_of_others_stay(office: Office) -> None:
    kind = ClientScopes(office.work(), [STAFF])
    office.bring(kind)
    made = office.realm().of("client-scopes", "staff")
    made["protocolMappers"][0]["config"]["claim.name"] = "fax"
    made["protocolMappers"].append({"id": "x", "name": "theirs", "protocolMapper": "any"})
    office.realm().lists["default-optional-client-scopes"].clear()
    office.edited()
    assert office.bring(kind) == [
        "Client scope acme/staff: changed (mapper phone claim.name fax → phone; given to new clients none → optional)"
    ]
    assert [one["name"] for one in made["protocolMappers"]] == ["phone", "theirs"]
    assert office.bring(kind) == []


def test_a_mapper_of_keycloaks_own_scope_carries_the_mark_itself(office: Office) -> None:
    mapper = ScopeMapper(scope="profile", **PHONE.model_dump())
    kind = ClientScopes(office.work(), [], [mapper])
    assert office.bring(kind) == ["Mapper acme/profile/phone: changed (made)"]
    (made,) = office.realm().of("client-scopes", "profile")["protocolMappers"]
    assert made["config"] == {"claim.name": "phone", "groundplane": "test"}
    made["config"]["claim.name"] = "fax"
    office.edited()
    assert office.bring(kind) == ["Mapper acme/profile/phone: changed (claim.name fax → phone)"]
    assert office.bring(ClientScopes(office.work(prune=True), [])) == [
        "Mapper acme/profile/phone: changed (no longer declared: removed)"
    ]
    assert office.realm().of("client-scopes", "profile")["protocolMappers"] == []


def test_a_mapper_of_a_scope_that_isnt_there_is_told(office: Office) -> None:
    mapper = ScopeMapper(scope="wages", **PHONE.model_dump())
    with pytest.raises(FailedError, match="no client scope wages"):
        office.bring(ClientScopes(office.work(), [], [mapper]))


def test_a_scope_that_is_no_longer_declared_goes_where_it_may(office: Office) -> None:
    office.bring(ClientScopes(office.work(), [STAFF.model_copy(update={"assigned": "none"})]))
    assert office.bring(ClientScopes(office.work(prune=True), [])) == [
        "Client scope acme/staff: changed (no longer declared: removed)"
    ]
