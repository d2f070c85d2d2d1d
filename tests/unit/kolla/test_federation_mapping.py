"""Which groups Keystone is given, and what its rules ask for."""

from __future__ import annotations

import re

import pytest

from groundplane.kolla.federation_mapping import is_mapped, mapping_rules


@pytest.mark.parametrize("group", ["developers", "Web Team", "a.b@c_d-1"])
def test_ordinary_groups_are_passed_on(group: str) -> None:
    assert is_mapped(group)


@pytest.mark.parametrize(
    "group",
    ['JSON:{"name":"admins","domain":{"name":"Default"}}', "surnames", "['a', 'b']", "a;b", "", " a", "{0}", "größe"],
)
def test_groups_that_keystone_would_read_as_something_else_are_not(group: str) -> None:
    assert not is_mapped(group)


def test_a_rule_asks_for_a_domain_a_group_that_counts_and_a_token_meant_for_keystone() -> None:
    (rule,) = mapping_rules()
    (local,) = rule["local"]
    asked = [each["type"] for each in rule["remote"]]
    assert local["user"] == {"id": "{0}", "name": "{1}", "domain": {"name": "{2}"}}
    assert (local["groups"], local["domain"]) == ("{3}", {"name": "{2}"})
    assert asked[:4] == ["OIDC-sub", "OIDC-preferred_username", "OIDC-openstack-domain", "OIDC-openstack-groups"]
    required = {each["type"]: each["any_one_of"] for each in rule["remote"] if "any_one_of" in each}
    assert required["OIDC-aud"] == ["keystone"]
    assert re.search(required["OIDC-openstack-groups"][0], "developers")
    # Requirements with any_one_of give no value: the numbers above count only those without.
    assert [each["type"] for each in rule["remote"] if "any_one_of" not in each] == asked[:4]
