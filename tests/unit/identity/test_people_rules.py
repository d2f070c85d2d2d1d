"""What a realm file says of people, and of what they may in OpenStack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import RealmDesk

GOOD = """\
projects: [{name: web}]
roles: [{name: editor}]
groups:
  - {name: managers, openstack: [{role: manager}]}
  - {name: developers, openstack: [{role: member, project: web}], roles: [editor]}
users:
  - {username: alice, email: a@b, groups: [developers], password: "{{ alice_password }}", roles: [offline_access]}
  - {username: bob, groups: [managers, developers], required_actions: [UPDATE_PASSWORD]}
"""


def test_a_customer_as_it_should_be(realms: RealmDesk) -> None:
    realms.realm("acme", GOOD)
    assert realms.told() == []


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("project: web", "project: wen", 5, "'wen', which the realm doesn't declare | Did you mean 'web'?"),
        ("role: manager", "role: admin", 4, "the role 'admin': it is administrator of the whole cloud"),
        ("role: manager", "role: service", 4, "the role 'service': services trust it"),
        ("role: member", "role: membr", 5, "the role 'membr', which nobody makes | Did you mean 'member'?"),
        ("role: member", "role: pilot", 5, "the role 'pilot', which nobody makes | Declare it in platform_roles"),
        ("roles: [editor]", "roles: [member]", 5, "the realm's role 'member', which it doesn't declare"),
        ("groups: [developers]", "groups: [developer]", 7, "'developer', which the realm doesn't declare | Did you me"),
        ("[offline_access]", "[root]", 7, "the user 'alice' is to have the realm's role 'root'"),
        ("UPDATE_PASSWORD", "CHANGE_PASSWORD", 8, "no required action 'CHANGE_PASSWORD'"),
        ("username: bob,", "username: bob, email: A@B,", 8, "'alice' and 'bob' have the same mail address"),
        ("username: bob", "username: Alice", 8, "the user 'alice' is declared twice"),
        ("name: managers", "name: a/b", 4, "the group 'a/b' has '/' in its name"),
        ("name: managers", "name: unnamed", 4, "the group 'unnamed' has a name that Keystone doesn't take"),
        ("name: managers", "name: 'a:b'", 4, "the group 'a:b' has a name that Keystone doesn't take"),
        ("name: managers", "name: Developers", 5, "the group 'developers' is declared twice"),
        ("projects: [", "broker: false\nprojects: [", 2, "the realm 'acme' has 'projects', and its people don't use"),
        ("projects: [", "broker: false\nprojects: [", 5, "'managers' has a role in OpenStack, which its realm's"),
        ("projects: [", f"domain: {'a' * 65}\nprojects: [", 1, "has 65 characters, and Keystone keeps 64"),
        ("projects: [", "password_policy: length(99)\nprojects: [", 8, "isn't as the realm's policy asks: length(99)"),
    ],
)
def test_what_cannot_be(realms: RealmDesk, old: str, new: str, line: int, what: str) -> None:
    realms.realm("acme", GOOD.replace(old, new))
    told = realms.told()
    assert any(each.startswith(f"acme.yml:{line}: ") and what in each for each in told), told


def test_further_roles_come_from_the_platform(realms: RealmDesk) -> None:
    realms.folder.toolkit("environments/platform/defaults.yml", "platform_roles: []\n")
    realms.folder.write("environments/platform/configuration.yml", "platform_roles: [pilot]\n")
    realms.realm("acme", GOOD.replace("role: member", "role: pilot"))
    assert realms.told() == []


def test_nobody_judges_passwords_while_the_secrets_are_closed(realms: RealmDesk) -> None:
    realms.secrets = None
    realms.realm("acme", "password_policy: length(99)\n" + GOOD)
    assert realms.told() == []
