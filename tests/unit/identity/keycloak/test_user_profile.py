"""What is kept of people."""

from __future__ import annotations

from groundplane.identity.keycloak.user_profile import UserProfile

from .conftest import Office  # noqa: TC001


def test_administrators_alone_set_what_the_profile_doesnt_name(office: Office) -> None:
    kind = UserProfile(office.work())
    assert office.bring(kind) == ["User profile of realm acme: changed (further attributes set by none → ADMIN_EDIT)"]
    assert office.bring(kind) == []
    required = [one["name"] for one in office.realm().profile["attributes"] if one.get("required")]
    assert "email" in required
    office.realm().profile["unmanagedAttributePolicy"] = "ENABLED"
    office.edited()
    assert office.bring(kind) == [
        "User profile of realm acme: changed (further attributes set by ENABLED → ADMIN_EDIT)"
    ]
