"""A realm's policies."""

from __future__ import annotations

from typing import Any

from .conftest import ACME, Office

SMTP = {"host": "mail", "from": "a@x", "user": "a", "password": "{{ other_secret }}"}


def policies(office: Office, **options: Any) -> dict[str, Any]:
    office.declare("acme", {**ACME, **options})
    office.apply()
    return office.keycloak.realms["acme"].it


def test_what_isnt_written_is_as_the_site_says(office: Office) -> None:
    found = policies(office, lifetimes={"access_token": "2m"})
    assert (found["accessTokenLifespan"], found["ssoSessionMaxLifespan"]) == (120, 36000)
    assert (found["bruteForceProtected"], found["failureFactor"], found["waitIncrementSeconds"]) == (True, 10, 60)
    assert (found["eventsEnabled"], found["attributes"]["adminEventsExpiration"]) == (True, str(30 * 86400))
    assert found["sslRequired"] == "all"


def test_lifetimes_are_told_as_people_write_them(office: Office) -> None:
    found = policies(office)
    found["accessTokenLifespan"] = 86400
    office.edited()
    assert office.departures() == ["the realm acme isn't as declared: lifetime of access token 1d → 5m"]


def test_the_mail_servers_password_is_set_again_when_it_changes(office: Office) -> None:
    found = policies(office, smtp=SMTP)
    assert found["smtpServer"]["password"] == "also hush"
    assert "also hush" not in str(found["attributes"])
    office.edited()
    assert office.departures() == []
    office.secrets["other_secret"] = "next"
    assert office.apply() == ["Realm acme: changed (mail password another one → as declared)"]
    assert office.keycloak.realms["acme"].it["smtpServer"]["password"] == "next"


def test_somebody_elses_realm_is_refused_unless_it_is_adopted(office: Office) -> None:
    office.keycloak.realm("acme").make({"realm": "acme", "displayName": "Theirs"})
    office.declare("acme", {**ACME, "adopt": True})
    assert any(line.startswith("Realm acme: changed (display name Theirs → Acme") for line in office.apply())
    office.edited()
    assert office.apply() == []
    assert office.keycloak.realms["acme"].it["attributes"]["groundplane"] == "test"
