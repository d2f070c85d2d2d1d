"""Who administrates Keycloak."""

from __future__ import annotations

from .conftest import Office  # noqa: TC001


def test_the_account_may_everything_and_has_the_secret_of_the_site(office: Office) -> None:
    office.apply()
    master = office.keycloak.realms["master"]
    made = master.of("clients", "groundplane")
    assert (made["secret"], made["serviceAccountsEnabled"], made["standardFlowEnabled"]) == (
        "of the account",
        True,
        False,
    )
    account = master.of("users", "service-account-groundplane")
    assert [one["name"] for one in master.roles_of[account["id"]]] == ["admin"]


def test_a_role_that_was_taken_away_is_given_again(office: Office) -> None:
    office.apply()
    master = office.keycloak.realms["master"]
    master.roles_of[master.of("users", "admin")["id"]].clear()
    office.edited()
    assert office.apply() == ["User master/admin: changed (roles none → admin)"]


def test_a_lost_account_is_made_anew_by_a_temporary_one(office: Office) -> None:
    office.apply()
    master = office.keycloak.realms["master"]
    master.of("clients", "groundplane")["secret"] = "of before"
    master.add("clients", {"clientId": "groundplane-bootstrap"})
    office.keycloak.client = "groundplane-bootstrap"
    office.edited()
    assert office.apply() == [
        "Service account groundplane: changed (secret another one → as declared)",
        "Temporary account groundplane-bootstrap: changed (no longer declared: removed)",
    ]
    assert office.keycloak.client == "groundplane"


def test_the_person_needs_no_one_time_password_where_nobody_does(office: Office) -> None:
    office.options(identity_one_time_password="off")
    office.apply()
    assert office.keycloak.realms["master"].of("users", "admin")["requiredActions"] == []


def test_keycloaks_own_realm_is_as_strict_as_the_others(office: Office) -> None:
    office.apply()
    found = office.keycloak.realms["master"].it
    assert found["bruteForceProtected"] is True
    assert "length(12)" in found["passwordPolicy"]
    assert "displayName" not in found
