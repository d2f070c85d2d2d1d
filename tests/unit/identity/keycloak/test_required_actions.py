"""What people have to do at a login, and what everybody has."""

from __future__ import annotations

import pytest

from groundplane.errors import FailedError
from groundplane.identity.keycloak.required_actions import DefaultRoles, RequiredActions
from groundplane.identity.options import RequiredAction

from .conftest import Office  # noqa: TC001


def test_an_action_is_switched(office: Office) -> None:
    kind = RequiredActions(office.work(), [RequiredAction(alias="UPDATE_PASSWORD", enabled=False, default=True)])
    assert office.bring(kind) == [
        "Required action acme/UPDATE_PASSWORD: changed (enabled yes → no; for everybody new no → yes)"
    ]
    assert office.bring(kind) == []


def test_one_that_isnt_registered_is_registered(office: Office) -> None:
    kind = RequiredActions(office.work(), [RequiredAction(alias="PRINT_A_CARD", default=True)])
    assert office.bring(kind) == ["Required action acme/PRINT_A_CARD: changed (made)"]
    assert office.bring(kind) == []
    assert office.realm().actions[-1]["defaultAction"] is True


def test_one_that_keycloak_doesnt_know_is_told(office: Office) -> None:
    with pytest.raises(FailedError, match="knows no required action DANCE") as caught:
        office.bring(RequiredActions(office.work(), [RequiredAction(alias="DANCE")]))
    assert "UPDATE_PASSWORD" in caught.value.why


def test_roles_are_taken_from_what_everybody_gets(office: Office) -> None:
    kind = DefaultRoles(office.work(), [("account", "manage-account"), ("account", "view-profile")])
    assert office.bring(kind) == ["Roles that everybody has in realm acme: changed (account manage-account yes → no)"]
    assert office.realm().composites == []
    assert office.bring(kind) == []
