from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from groundplane.errors import InputError, Place
from groundplane.site.conditions import Conditions, to_bool
from groundplane.site.values import Level, Value

FILE = Path("environments/openstack/configuration.yml")


def conditions(variables: dict[str, Any], **facts: Any) -> Conditions:
    def find(name: str) -> Value | None:
        return Value(variables[name], Level.ENVIRONMENT, Place(FILE, 3), "openstack") if name in variables else None

    return Conditions(find, facts)


@pytest.mark.parametrize("value", [True, "yes", "Yes", "on", "1", "true", "True", 1])
def test_what_ansible_takes_for_true(value: object) -> None:
    assert to_bool(value)


@pytest.mark.parametrize("value", [False, "no", "off", "0", "false", "", "heat", None, 0, 2, [], ["yes"]])
def test_what_ansible_takes_for_false(value: object) -> None:
    assert not to_bool(value)


def test_conditions_of_kolla_ansible_hold_as_ansible_would_say() -> None:
    here = conditions(
        {
            "enable_neutron": "{{ enable_openstack_core | bool }}",
            "enable_openstack_core": "yes",
            "neutron_plugin_agent": "ovn",
            "enable_ovn": "{{ enable_neutron | bool and neutron_plugin_agent == 'ovn' }}",
            "enable_backup": "no",
            "backends": [{"name": "a", "enabled": "{{ enable_backup | bool }}"}, {"name": "b", "enabled": True}],
            "enabled_backends": "{{ backends | selectattr('enabled', 'equalto', true) | list }}",
        }
    )
    assert here.is_true("enable_ovn | bool")
    assert not here.is_true("enable_ovn | bool and enable_backup | bool")
    assert here.is_true("(enabled_backends | length) == 1")
    assert here.is_true("not enable_backup | bool")


def test_facts_of_the_host_count() -> None:
    here = conditions({}, inventory_hostname="node1", groups={"compute": ["node1"], "network": []})
    assert here.is_true("inventory_hostname in groups['compute']")
    assert not here.is_true("inventory_hostname in groups['network']")


def test_templates_inside_text_are_filled_in() -> None:
    assert conditions({"group": "cinder"}).text("{{ group }}-volume") == "cinder-volume"


def test_templates_with_statements_give_values() -> None:
    text = (
        "{%- set all = namespace(of=[]) -%}{%- for n in wanted -%}{%- set all.of = all.of + [n * factor] -%}"
        "{%- endfor -%}{{ all.of }}"
    )
    assert conditions({"wanted": [1, 2], "factor": "{{ 5 + 5 }}", "out": text}).value("{{ out }}") == [10, 20]
    for wrong in ("{% for %}", "{% set x = [] %}{% set _ = x.append(1) %}{{ x }}", "{% if nothing %}a{% endif %}"):
        with pytest.raises(InputError):
            conditions({"out": wrong}).value("{{ out }}")


def test_a_default_stands_for_what_nothing_sets() -> None:
    assert conditions({}).is_true("enable_new | default(true)")


def test_a_variable_that_nothing_sets_is_named() -> None:
    with pytest.raises(InputError, match="enable_nothing") as caught:
        conditions({}).is_true("enable_nothing | bool and enable_heat | bool")
    assert "undefined" in caught.value.why


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("{{ lookup('env', 'HEAT') }}", "'lookup' is undefined"),
        ("{{ 'x' | ternary(1, 2) }}", "No filter named 'ternary'"),
        ("{{ enable_heat }}", "it is made from itself: enable_heat → enable_heat"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{{ (1 }}", "unexpected"),
    ],
)
def test_a_value_that_only_ansible_can_work_out_is_told_with_its_place(value: str, why: str) -> None:
    with pytest.raises(InputError, match="enable_heat") as caught:
        conditions({"enable_heat": value}).is_true("enable_heat | bool")
    assert why in caught.value.why
    assert caught.value.place == Place(FILE, 3)
    assert "plain value" in caught.value.cure
