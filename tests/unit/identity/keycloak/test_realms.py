"""Everything inside Keycloak, made, kept and repaired."""

from __future__ import annotations

from .conftest import ACME, Office


def test_a_second_time_changes_nothing(office: Office) -> None:
    told = office.apply()
    assert "Realm acme: changed (made)" in told
    assert "Realm cloud: changed (made)" in told
    assert "Identity provider cloud/acme: changed (made)" in told
    office.edited()
    assert office.departures() == []
    assert office.apply() == []


def test_the_temporary_account_makes_the_lasting_one_and_goes(office: Office) -> None:
    told = office.apply()
    assert told[0] == "Service account groundplane: changed (made)"
    assert "Temporary account groundplane-bootstrap: changed (no longer declared: removed)" in told
    master = office.keycloak.realms["master"]
    assert office.keycloak.client == "groundplane"
    assert {one["clientId"] for one in master.things["clients"]} >= {"groundplane"}
    assert "groundplane-bootstrap" not in {one["clientId"] for one in master.things["clients"]}
    person = master.of("users", "admin")
    assert master.passwords[person["id"]] == "of the person"
    assert person["requiredActions"] == ["CONFIGURE_TOTP"]


def test_check_mode_says_what_would_be_made_and_makes_nothing(office: Office) -> None:
    told = office.apply(check=True)
    assert "Realm acme: changed (would be made)" in told
    assert set(office.keycloak.realms) == {"master"}
    assert all(call.startswith("GET") for call in office.keycloak.calls)


def test_what_somebody_edited_is_named_and_put_right(office: Office) -> None:
    office.apply()
    realm = office.keycloak.realms["acme"]
    realm.it["passwordPolicy"] = "length(4)"
    realm.it["bruteForceProtected"] = False
    realm.of("users", "alice")["enabled"] = False
    provider = office.keycloak.realms["cloud"]
    domain = next(one for one in provider.mappers["acme"] if one["name"] == "domain")
    domain["config"]["attribute.value"] = "globex"
    office.edited()
    declared = "length(12) and notUsername and notEmail and passwordHistory(5)"
    assert office.departures() == [
        f"the realm acme isn't as declared: password policy length(4) → {declared}; brute force protection no → yes",
        "the user acme/alice isn't as declared: enabled no → yes",
        "the identity provider cloud/acme isn't as declared: mapper domain attribute.value globex → acme",
    ]
    office.apply()
    office.edited()
    assert office.departures() == []


def test_a_plan_of_two_customers_asks_little(office: Office) -> None:
    office.declare("globex", {**ACME, "display_name": "Globex"})
    office.apply()
    office.edited()
    office.keycloak.calls.clear()
    assert office.departures() == []
    assert len(office.keycloak.calls) < 60


def test_a_realm_of_somebody_elses_is_left_alone(office: Office) -> None:
    office.keycloak.call("POST", "", body={"realm": "theirs", "displayName": "Theirs"})
    before = dict(office.keycloak.realms["theirs"].it)
    office.apply()
    assert office.keycloak.realms["theirs"].it == before


def test_a_realm_that_is_no_longer_declared_is_told_and_left(office: Office) -> None:
    office.apply()
    (office.folder.path / "environments/identity/realms/acme.yml").unlink()
    reason = "no longer declared; left alone (groundplane identity offboard --delete removes it)"
    assert office.apply() == [f"Realm acme: skipped ({reason})", f"Identity provider cloud/acme: skipped ({reason})"]
    assert "acme" in office.keycloak.realms


def test_what_is_no_longer_declared_in_a_realm_goes_where_the_realm_says_so(office: Office) -> None:
    office.apply()
    without = {key: value for key, value in ACME.items() if key != "users"}
    office.declare("acme", without)
    assert office.apply() == [
        "User acme/alice: skipped (no longer declared; left alone (its realm doesn't say prune: true))"
    ]
    office.declare("acme", {**without, "prune": True})
    office.keycloak.realms["acme"].add("users", {"username": "bob"})
    office.edited()
    assert office.apply() == ["User acme/alice: changed (no longer declared: removed)"]
    assert [one["username"] for one in office.keycloak.realms["acme"].things["users"]] == ["bob"]
