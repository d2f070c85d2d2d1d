"""Domains, projects, quotas, groups, users and what they may."""

from __future__ import annotations

from typing import Any

import pytest

from groundplane.errors import FailedError
from groundplane.platform.projects import PASSWORD_MARK, Projects
from groundplane.platform.scopes import Scopes

from .conftest import Desk  # noqa: TC001

CUSTOMER: dict[str, Any] = {"name": "customer", "description": "The first"}
USER: dict[str, Any] = {
    "name": "ada",
    "password": "{{ user_password }}",
    "default_project": "research",
    "roles": [{"role": "member", "project": "research"}, {"role": "reader", "system": True}],
}


def projects(desk: Desk) -> Projects:
    return Projects(desk.site, desk.asked, desk.cloud, Scopes(desk.cloud))


def declared(desk: Desk, **more: Any) -> None:
    quotas = {"compute": {"cores": 64}, "network": {"router": 1}}
    desk.declare(**{"projects": [{"name": "research", "quotas": quotas}], "users": [USER], **more})


def _enabled(desk: Desk) -> None:
    for collection in ("projects", "domains", "users"):
        for one in desk.cloud.lists[collection].values():
            one.setdefault("enabled", True)


def test_a_project_with_quotas_and_a_user_of_it(desk: Desk) -> None:
    declared(desk)
    told = desk.apply(projects)
    assert told == [
        "Project research: changed (made)",
        "Quotas of project research: changed (compute cores 20 → 64; network router 10 → 1)",
        "User ada: changed (made)",
    ]
    project, user = desk.cloud.named("projects", "research"), desk.cloud.named("users", "ada")
    assert desk.cloud.quotas[project["id"]]["cores"] == 64
    assert (user["password"], user["default_project_id"]) == ("hush", project["id"])
    assert desk.cloud.grants == {
        ("projects", project["id"], "users", user["id"], "roles", "member"),
        ("system", "users", user["id"], "roles", "reader"),
    }
    _enabled(desk)
    assert all(line.endswith(": ok") for line in desk.apply(projects))


def test_the_password_is_set_again_only_when_the_secret_changes(desk: Desk) -> None:
    declared(desk)
    desk.apply(projects)
    _enabled(desk)
    user = desk.cloud.named("users", "ada")
    assert "hush" not in user[PASSWORD_MARK]
    user["password"] = "her own"
    assert "User ada: ok" in desk.apply(projects)
    assert user["password"] == "her own"
    desk.secrets["user_password"] = "new"
    assert "User ada: changed (password another one → as declared)" in desk.apply(projects)
    assert user["password"] == "new"
    assert not any("new" in line or "hush" in line for line in desk.told)


def test_what_others_gave_a_user_stays_and_what_is_missing_is_given(desk: Desk) -> None:
    declared(desk)
    desk.apply(projects)
    _enabled(desk)
    user = desk.cloud.named("users", "ada")
    theirs = ("projects", "admin", "users", user["id"], "roles", "reader")
    desk.cloud.grants = {theirs}
    told = desk.apply(projects)
    assert "User ada: changed (roles none → member of Default/research, reader of the system)" in told
    assert theirs in desk.cloud.grants
    assert len(desk.cloud.grants) == 3


def test_a_customers_domain_with_its_manager_in_a_group(desk: Desk) -> None:
    grants = [{"role": "manager", "domain": "customer"}]
    desk.declare(
        domains=[CUSTOMER],
        groups=[{"name": "staff", "domain": "customer", "roles": [{"role": "reader", "domain": "customer"}]}],
        users=[
            {
                "name": "boss",
                "domain": "customer",
                "password": "{{ user_password }}",
                "groups": ["staff"],
                "roles": grants,
            }
        ],
    )
    assert desk.apply(projects) == [
        "Domain customer: changed (made)",
        "Group customer/staff: changed (made)",
        "User customer/boss: changed (made)",
    ]
    _enabled(desk)
    domain = desk.cloud.named("domains", "customer")
    assert domain["description"] == "The first [groundplane test]"
    state = desk.state(projects)
    assert state["domain customer"] == "description The first; enabled yes"
    assert state["group customer/staff"] == "description none; roles reader of domain customer"
    assert "groups staff; roles manager of domain customer" in state["user customer/boss"]


def test_a_groups_role_that_is_no_longer_declared_is_taken_away_and_what_others_gave_stays(desk: Desk) -> None:
    def declare(*roles: str) -> None:
        grants = [{"role": role, "domain": "customer"} for role in roles]
        desk.declare(domains=[CUSTOMER], groups=[{"name": "staff", "domain": "customer", "roles": grants}])

    declare("reader", "member")
    desk.apply(projects)
    _enabled(desk)
    domain, group = desk.cloud.named("domains", "customer")["id"], desk.cloud.named("groups", "staff")["id"]
    theirs = ("domains", domain, "groups", group, "roles", "manager")
    desk.cloud.grants.add(theirs)
    declare("reader")
    expected = "roles member of domain customer, reader of domain customer → reader of domain customer"
    assert f"Group customer/staff: changed ({expected})" in desk.apply(projects)
    assert desk.cloud.grants == {theirs, ("domains", domain, "groups", group, "roles", "reader")}
    assert all(line.endswith(": ok") for line in desk.apply(projects))


def test_a_domain_that_is_switched_off_lets_nobody_in(desk: Desk) -> None:
    desk.declare(domains=[CUSTOMER])
    desk.apply(projects)
    desk.declare(domains=[{**CUSTOMER, "enabled": False}])
    assert desk.apply(projects) == ["Domain customer: changed (enabled yes → no)"]
    assert desk.cloud.named("domains", "customer")["enabled"] is False


def test_an_unknown_role_project_or_group_says_where_to_declare_it(desk: Desk) -> None:
    wrong = [
        {**USER, "roles": [{"role": "boss", "project": "admin"}], "default_project": ""},
        {**USER, "name": "bob", "default_project": "nowhere"},
        {**USER, "name": "cy", "default_project": "", "groups": ["none"]},
    ]
    desk.declare(users=wrong)
    with pytest.raises(FailedError, match="3 objects") as caught:
        desk.apply(projects)
    assert "no role boss" in caught.value.why
    assert "no project Default/nowhere" in caught.value.why
    assert "no group none" in caught.value.why


def test_roles_are_made(desk: Desk) -> None:
    desk.declare(roles=["auditor", "member"])
    assert desk.apply(projects) == ["Role auditor: changed (made)", "Role member: ok"]


def test_a_project_of_somebody_elses_isnt_touched(desk: Desk) -> None:
    theirs = desk.cloud.add("projects", name="research", domain_id="default", description="ours", enabled=True)
    desk.declare(projects=[{"name": "research", "description": "another"}])
    with pytest.raises(FailedError, match="was not made by this site"):
        desk.apply(projects)
    assert theirs["description"] == "ours"


def test_a_project_that_is_no_longer_declared_is_told_and_never_removed(desk: Desk) -> None:
    declared(desk)
    desk.apply(projects)
    desk.declare()
    assert desk.apply(projects) == ["Project research: skipped (no longer declared; left alone (see platform_prune))"]


def test_a_secret_that_isnt_there_says_how_to_add_it(desk: Desk) -> None:
    desk.declare(
        users=[{**USER, "password": "{{ nobody_set_this | default('') }}", "roles": [], "default_project": ""}]
    )
    with pytest.raises(FailedError, match="has no password") as caught:
        desk.apply(projects)
    assert "secrets edit" in caught.value.cure
