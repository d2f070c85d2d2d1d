"""People that a realm keeps itself."""

from __future__ import annotations

import pytest

from groundplane.errors import FailedError, InputError
from groundplane.identity.client_options import Role
from groundplane.identity.keycloak.groups import Groups
from groundplane.identity.keycloak.roles import Roles
from groundplane.identity.keycloak.users import Users
from groundplane.identity.options import Group, User

from .conftest import Office  # noqa: TC001

ALICE = User(username="alice", groups=("developers",), roles=("auditor",), password="{{ alice_password }}")


@pytest.fixture
def realm(office: Office) -> Office:
    work = office.work()
    office.bring(Roles(work, [Role(name="auditor")]))
    office.bring(Groups(work, [Group(name="developers"), Group(name="managers")]))
    return office


def test_a_person_is_made_with_password_groups_and_roles(realm: Office) -> None:
    kind = Users(realm.work(), [ALICE])
    assert realm.bring(kind) == ["User acme/alice: changed (made)"]
    made = realm.realm().of("users", "alice")
    assert realm.realm().passwords[made["id"]] == "hush"
    assert realm.realm().members[made["id"]] == {"developers"}
    assert [one["name"] for one in realm.realm().roles_of[made["id"]]] == ["auditor"]
    assert "hush" not in str(made)
    assert realm.bring(kind) == []


def test_a_password_is_set_again_only_when_the_secret_changes(realm: Office) -> None:
    realm.bring(Users(realm.work(), [ALICE]))
    id_ = realm.realm().of("users", "alice")["id"]
    realm.realm().passwords[id_] = "her own"
    realm.edited()
    assert realm.bring(Users(realm.work(), [ALICE])) == []
    realm.secrets["alice_password"] = "new"
    assert realm.bring(Users(realm.work(), [ALICE])) == [
        "User acme/alice: changed (password another one → as declared)"
    ]
    assert realm.realm().passwords[id_] == "new"


def test_what_was_given_here_and_is_no_longer_declared_is_taken_back_and_nothing_else(realm: Office) -> None:
    realm.bring(Users(realm.work(), [ALICE]))
    id_ = realm.realm().of("users", "alice")["id"]
    realm.realm().members[id_].add("managers")
    realm.edited()
    less = ALICE.model_copy(update={"groups": (), "roles": ()})
    assert realm.bring(Users(realm.work(), [less])) == [
        "User acme/alice: changed (groups developers → none; roles auditor → none)"
    ]
    assert realm.realm().members[id_] == {"managers"}
    assert realm.bring(Users(realm.work(), [less])) == []


def test_a_group_that_isnt_there_is_named_and_nobody_is_made(realm: Office) -> None:
    with pytest.raises(FailedError, match="no group wheel"):
        realm.bring(Users(realm.work(), [ALICE.model_copy(update={"groups": ("wheel",)})]))
    assert realm.realm().things["users"] == []


def test_a_password_that_nothing_sets_is_told(realm: Office) -> None:
    with pytest.raises((FailedError, InputError)):
        realm.bring(Users(realm.work(), [ALICE.model_copy(update={"password": "{{ nobody_has_it }}"})]))


def test_somebody_elses_account_of_the_name_is_left(realm: Office) -> None:
    realm.realm().add("users", {"username": "alice", "enabled": False})
    with pytest.raises(FailedError, match="was not made by this site"):
        realm.bring(Users(realm.work(), [ALICE]))
    assert realm.realm().of("users", "alice")["enabled"] is False
