"""Groups."""

from __future__ import annotations

import pytest

from groundplane.errors import FailedError
from groundplane.identity.client_options import Role
from groundplane.identity.keycloak.groups import Groups
from groundplane.identity.keycloak.roles import Roles
from groundplane.identity.options import Group

from .conftest import Office  # noqa: TC001

DEVELOPERS = Group(name="developers", description="They develop", roles=("auditor",), attributes={"cost": "17"})


def test_a_group_has_description_attributes_and_roles_and_stays(office: Office) -> None:
    office.bring(Roles(office.work(), [Role(name="auditor")]))
    kind = Groups(office.work(), [DEVELOPERS])
    assert office.bring(kind) == ["Group acme/developers: changed (made)"]
    made = office.realm().of("groups", "developers")
    assert made["attributes"] == {"cost": ["17"], "groundplane": ["test"], "groundplane_roles": ["auditor"]}
    assert office.bring(kind) == []


def test_a_role_that_was_given_here_and_is_no_longer_declared_is_taken_back(office: Office) -> None:
    office.bring(Roles(office.work(), [Role(name="auditor"), Role(name="writer")]))
    office.bring(Groups(office.work(), [DEVELOPERS]))
    id_ = office.realm().of("groups", "developers")["id"]
    office.realm().roles_of[id_].append({"name": "writer"})
    office.edited()
    without = Groups(office.work(), [DEVELOPERS.model_copy(update={"roles": ()})])
    assert office.bring(without) == ["Group acme/developers: changed (roles auditor → none)"]
    assert [one["name"] for one in office.realm().roles_of[id_]] == ["writer"]
    assert office.bring(without) == []


def test_a_role_that_isnt_there_is_told(office: Office) -> None:
    with pytest.raises(FailedError, match="no role auditor"):
        office.bring(Groups(office.work(), [DEVELOPERS]))


def test_a_group_that_is_no_longer_declared(office: Office) -> None:
    office.bring(Groups(office.work(), [Group(name="a")]))
    office.realm().add("groups", {"name": "theirs"})
    office.edited()
    assert office.bring(Groups(office.work(prune=True), [])) == ["Group acme/a: changed (no longer declared: removed)"]
    assert [one["name"] for one in office.realm().things["groups"]] == ["theirs"]
