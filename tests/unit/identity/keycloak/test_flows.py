"""How people log in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundplane.identity.keycloak.flows import Flows, browser_flow, direct_grant_flow, first_login_flow

from .conftest import Office  # noqa: TC001

if TYPE_CHECKING:
    from groundplane.identity.policy_options import OneTimePassword


def made(office: Office, one_time_password: OneTimePassword) -> list[str]:
    realm = office.realm(one_time_password)
    office.bring(Flows(office.work(one_time_password), [browser_flow(one_time_password)]))
    return [
        f"{'> ' * one['level']}{one.get('displayName') or one['providerId']} {one['requirement'].lower()}"
        for one in realm.executions["groundplane browser"]
    ]


def test_one_time_passwords_are_demanded_asked_for_or_not_there(office: Office) -> None:
    beginning = [
        "auth-cookie alternative",
        "identity-provider-redirector alternative",
        "groundplane browser forms alternative",
        "> auth-username-password-form required",
    ]
    assert made(office, "off") == beginning
    assert made(office, "required") == [*beginning, "> auth-otp-form required"]
    assert made(office, "optional") == [
        *beginning,
        "> groundplane browser one-time password conditional",
        "> > conditional-user-configured required",
        "> > auth-otp-form required",
    ]


def test_a_realm_uses_our_flows(office: Office) -> None:
    work = office.work()
    told = office.bring(Flows(work, [browser_flow("optional"), direct_grant_flow("optional")]))
    assert told == [
        "Login flow acme/groundplane browser: changed (made)",
        "Login flow acme/groundplane direct grant: changed (made)",
        (
            "Login flows of realm acme: changed (browser browser → groundplane browser; "
            "direct grant none → groundplane direct grant)"
        ),
    ]
    assert office.bring(Flows(work, [browser_flow("optional"), direct_grant_flow("optional")])) == []


def test_a_flow_that_somebody_edited_is_filled_anew_and_keeps_its_id(office: Office) -> None:
    work, realm = office.work(), office.realm()
    office.bring(Flows(work, [browser_flow("required")]))
    before = realm.of("authentication/flows", "groundplane browser")["id"]
    otp = next(one for one in realm.executions["groundplane browser"] if one.get("providerId") == "auth-otp-form")
    otp["requirement"] = "DISABLED"
    office.edited()
    told = office.bring(Flows(work, [browser_flow("required")]))
    assert told == ["Login flow acme/groundplane browser: changed (step auth-otp-form disabled → required)"]
    assert realm.of("authentication/flows", "groundplane browser")["id"] == before
    assert office.bring(Flows(work, [browser_flow("required")])) == []


def test_who_has_no_one_time_password_is_refused_where_nobody_can_set_one_up(office: Office) -> None:
    kind, realm = Flows(office.work(), [direct_grant_flow("required")]), office.realm()
    office.bring(kind)
    steps = {one.get("providerId"): one for one in realm.executions["groundplane direct grant"]}
    assert steps["deny-access-authenticator"]["requirement"] == "REQUIRED"
    config = realm.configs[steps["conditional-sub-flow-executed"]["id"]]["config"]
    assert config == {"flow_to_check": "groundplane direct grant one-time password", "check_result": "not-executed"}
    config["check_result"] = "executed"
    office.edited()
    assert office.bring(kind) == [
        (
            "Login flow acme/groundplane direct grant: changed "
            "(conditional-sub-flow-executed check_result executed → not-executed)"
        )
    ]
    assert office.bring(kind) == []


def test_a_step_that_somebody_added_goes(office: Office) -> None:
    work, realm = office.work(), office.realm()
    office.bring(Flows(work, [browser_flow("off")]))
    realm.executions["groundplane browser"].append(
        {"id": "x", "level": 0, "providerId": "auth-spnego", "requirement": "ALTERNATIVE", "authenticationFlow": False}
    )
    office.edited()
    (told,) = office.bring(Flows(work, [browser_flow("off")]))
    assert "step auth-spnego alternative → none" in told
    assert "auth-spnego" not in [one.get("providerId") for one in realm.executions["groundplane browser"]]


def test_a_customers_people_come_in_without_a_question(office: Office) -> None:
    work = office.work()
    assert office.bring(Flows(work, [first_login_flow()])) == [
        "Login flow acme/groundplane first login: changed (made)"
    ]
    (step,) = office.realm().executions["groundplane first login"]
    assert (step["providerId"], step["requirement"]) == ("idp-create-user-if-unique", "REQUIRED")
