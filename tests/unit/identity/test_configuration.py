from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundplane.errors import FailedError, InputError
from groundplane.identity.configuration import read_identity, reveal

if TYPE_CHECKING:
    from .conftest import RealmDesk

ACME = """\
display_name: Acme
lifetimes: {session_max: 8h}
one_time_password: off
users: [{username: Alice, password: "{{ alice_password }}"}]
"""


def test_the_sites_defaults_are_worked_in_key_by_key(realms: RealmDesk) -> None:
    realms.options(lifetimes={"access_token": "10m", "session_max": "9h"}, brute_force={"failures": 3})
    realms.realm("acme", ACME)
    realms.realm("globex", brute_force={"permanent": True})
    acme, globex = realms.asked.realms
    assert (acme.lifetimes.access_token, acme.lifetimes.session_max) == (600, 8 * 3600)
    assert globex.lifetimes.session_max == 9 * 3600
    assert (globex.brute_force.failures, globex.brute_force.permanent) == (3, True)
    assert acme.one_time_password == "off"
    assert globex.one_time_password == "required"
    assert "length(12)" in acme.password_policy


def test_names_follow_the_file_unless_it_says_otherwise(realms: RealmDesk) -> None:
    realms.realm("acme", domain="Acme Corporation")
    realms.realm("globex")
    realms.realm("tools", broker=False)
    asked = realms.asked
    assert asked.url == "https://172.31.0.6:8443"
    assert asked.issuer("acme") == "https://172.31.0.6:8443/realms/acme"
    assert [realm.name for realm in asked.customers] == ["acme", "globex"]
    assert [realm.domain for realm in asked.customers] == ["Acme Corporation", "globex"]
    assert asked.realms[1].display_name == "globex"


def test_secrets_stay_templates_until_they_are_used(realms: RealmDesk) -> None:
    realms.realm("acme", ACME)
    site = realms.site
    (user,) = read_identity(site).realms[0].users
    assert user.username == "alice"
    assert user.password == "{{ alice_password }}"
    assert "alice_password" not in repr(user)
    assert reveal(site, user.password, "Alice") == "long enough for 1 policy"
    with pytest.raises(FailedError, match="Alice has no secret"):
        reveal(site, "", "Alice")


def test_templates_elsewhere_are_worked_out(realms: RealmDesk) -> None:
    realms.realm("acme", display_name="{{ groundplane_domain }}", smtp={"host": "mail", "from": "{{ nobody }}"})
    told = realms.told()
    assert len(told) == 1
    assert told[0].startswith("acme.yml:3: '{{ nobody }}' can't be worked out")
    realms.realm("acme", display_name="{{ groundplane_domain }}")
    assert realms.asked.realms[0].display_name == "test.example"


def test_without_realms_there_are_the_sites_options_alone(realms: RealmDesk) -> None:
    realms.options(proxy_realm="front", url="https://login.example:8443/")
    asked = realms.asked
    assert asked.realms == ()
    assert (asked.proxy_realm, asked.url) == ("front", "https://login.example:8443")
    assert asked.defaults.lifetimes.access_token == 300


def test_what_is_wrong_is_told_once_and_with_its_line(realms: RealmDesk) -> None:
    realms.options(lifetimes={"access_token": "soon"}, one_time_password="maybe")
    realms.realm("acme", "users: [{email: a@b}]\ngroups: [{name: a, opnstack: []}]\n")
    with pytest.raises(InputError) as caught:
        read_identity(realms.site)
    told = [f"{problem.place}: {problem.what}" for problem in caught.value.problems]
    assert caught.value.what == "The identity layer's options have 4 problems"
    assert any("configuration.yml:2: 'identity_lifetimes.access_token': it is no span" in text for text in told)
    assert any("configuration.yml:3: 'identity_one_time_password'" in text for text in told)
    assert any("acme.yml:1: 'users[0].username' is missing" in text for text in told)
    assert any("acme.yml:2: the key 'opnstack' is unknown in groups[0]" in text for text in told)
