"""Directories."""

from __future__ import annotations

from groundplane.identity.keycloak.user_federation import UserFederation, ldap_settings
from groundplane.identity.provider_options import Ldap, LdapGroups, LdapMapper

from .conftest import Office  # noqa: TC001

CORPORATE = Ldap(
    name="corporate",
    url="ldaps://ldap.example",
    bind_dn="cn=reader",
    bind_password="{{ other_secret }}",
    users_dn="ou=people",
    groups=LdapGroups(dn="ou=groups"),
    mappers=(LdapMapper(name="phone", type="user-attribute-ldap-mapper", config={"ldap.attribute": "phone"}),),
)


def test_a_directory_comes_with_groups_and_mappers_and_stays(office: Office) -> None:
    kind = UserFederation(office.work(), [CORPORATE])
    assert office.bring(kind) == ["Directory acme/corporate: changed (made)"]
    made = office.realm().of("components", "corporate")
    assert made["parentId"] == office.realm().it["id"]
    assert made["config"]["bindCredential"] == ["also hush"]
    assert {one["name"] for one in office.realm().things["components"]} == {"corporate", "groundplane groups", "phone"}
    assert office.bring(kind) == []


def test_what_somebody_changed_is_named_and_put_right(office: Office) -> None:
    kind = UserFederation(office.work(), [CORPORATE])
    office.bring(kind)
    office.realm().of("components", "corporate")["config"]["editMode"] = ["WRITABLE"]
    office.realm().of("components", "groundplane groups")["config"]["groups.dn"] = ["ou=other"]
    office.edited()
    assert office.bring(kind) == [
        (
            "Directory acme/corporate: changed (setting editMode WRITABLE → READ_ONLY; "
            "mapper groundplane groups groups.dn ou=other → ou=groups)"
        )
    ]
    assert office.bring(kind) == []


def test_another_password_is_set(office: Office) -> None:
    office.bring(UserFederation(office.work(), [CORPORATE]))
    office.secrets["other_secret"] = "next"
    told = office.bring(UserFederation(office.work(), [CORPORATE]))
    assert told == ["Directory acme/corporate: changed (bind password another one → as declared)"]


def test_active_directory_has_its_own_names() -> None:
    found = ldap_settings(Ldap(name="ad", vendor="ad", url="ldaps://ad", users_dn="dc=x", sync_changed=0))
    assert (found["usernameLDAPAttribute"], found["uuidLDAPAttribute"]) == ("sAMAccountName", "objectGUID")
    assert (found["authType"], found["changedSyncPeriod"], found["fullSyncPeriod"]) == ("none", "-1", "86400")
    own = ldap_settings(Ldap(name="x", url="ldaps://x", users_dn="dc=x", config={"pagination": "false"}))
    assert (own["pagination"], own["usernameLDAPAttribute"]) == ("false", "uid")


def test_a_directory_that_is_no_longer_declared(office: Office) -> None:
    office.bring(UserFederation(office.work(), [CORPORATE]))
    assert office.bring(UserFederation(office.work(), [])) == [
        "Directory acme/corporate: skipped (no longer declared; left alone (its realm doesn't say prune: true))"
    ]
    assert office.bring(UserFederation(office.work(prune=True), [])) == [
        "Directory acme/corporate: changed (no longer declared: removed)"
    ]
