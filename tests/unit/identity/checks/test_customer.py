from __future__ import annotations

from groundplane.identity.checks.customer import ATTRIBUTE, declared, new_customer
from groundplane.identity.configuration import IdentityConfiguration
from groundplane.identity.policy_options import RealmDefaults
from groundplane.kolla.federation_mapping import is_mapped
from groundplane.openstack.smoke.marks import description

NAME = "groundplane-smoke-20261121t120000z-abc123"
SAID = description("me@here", "identity smoke")


def test_the_sites_own_customers_are_left_out_of_it() -> None:
    customer = new_customer(NAME)
    asked = declared(IdentityConfiguration(url="https://id.test", proxy_realm="cloud"), customer, SAID)
    (realm,) = asked.customers
    assert (asked.url, asked.proxy_realm) == ("https://id.test", "cloud")
    assert (realm.name, realm.domain, realm.hide_on_login, realm.one_time_password) == (NAME, NAME, True, "off")
    assert realm.attributes == {ATTRIBUTE: SAID}
    assert {user.username: user.groups for user in realm.users} == {"alice": ("developers",), "bob": ()}
    assert all(not user.password for user in realm.users)
    assert all(is_mapped(group.name) for group in realm.groups)


def test_two_have_nothing_in_common() -> None:
    one, other = new_customer(NAME), new_customer(NAME)
    assert not {*one.passwords()} & {*other.passwords()}
    assert not [secret for secret in one.passwords() if secret in repr(one)]


def test_a_second_factor_is_had_where_one_is_demanded() -> None:
    assert new_customer(NAME).code() == ""
    assert new_customer(NAME, RealmDefaults.model_validate({"identity_one_time_password": "off"})).code() == ""
    demanded = new_customer(NAME, RealmDefaults.model_validate({"identity_one_time_password": "required"}))
    assert len(demanded.code()) == 6
    assert len(demanded.passwords()) == 4
