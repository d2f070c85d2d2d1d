"""What is kept of people."""

from __future__ import annotations

from groundplane.identity.keycloak.user_profile import UserProfile

from .conftest import Office  # noqa: TC001


def test_administrators_alone_set_what_the_profile_doesnt_name(office: Office) -> None:
    kind = UserProfile(office.work(), asked=True)
    assert office.bring(kind) == ["User profile of realm acme: changed (further attributes set by none → ADMIN_EDIT)"]
    assert office.bring(kind) == []
    assert "email" in [one["name"] for one in office.realm().profile["attributes"] if one.get("required")]
    office.realm().profile["unmanagedAttributePolicy"] = "ENABLED"
    office.edited()
    assert office.bring(kind) == [
        "User profile of realm acme: changed (further attributes set by ENABLED → ADMIN_EDIT)"
    ]


def test_nobody_is_asked_for_a_name_at_the_login(office: Office) -> None:
    (told,) = office.bring(UserProfile(office.work()))
    assert "asked for email, firstName, lastName → none" in told
    assert office.bring(UserProfile(office.work())) == []
