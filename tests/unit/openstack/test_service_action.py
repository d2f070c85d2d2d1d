"""Which services a person means."""

from __future__ import annotations

from dataclasses import replace

import pytest

from groundplane.cli.openstack.service import NAMES
from groundplane.errors import InputError
from groundplane.openstack.service_action import ACTIONS, find_services
from groundplane.run.engine import APPLYING
from tests.unit.run.builders import graph, step

GRAPH = graph(
    step("openstack.hosts"),
    *(replace(step(f"openstack.{name}"), playbook=None, service=name) for name in ("memcached", "glance", "nova-cell")),
)


def test_services_go_by_kollas_names_or_as_steps_in_the_graphs_order() -> None:
    assert find_services(GRAPH, ["nova-cell", "openstack.memcached"]) == ("openstack.memcached", "openstack.nova-cell")
    assert find_services(GRAPH, ["all"]) == ("openstack.memcached", "openstack.glance", "openstack.nova-cell")


def test_a_name_that_is_no_service_is_told_with_the_nearest_one() -> None:
    with pytest.raises(InputError) as caught:
        find_services(GRAPH, ["glanse", "openstack.hosts"])
    assert caught.value.problems[0].cure == "Did you mean 'glance'?"
    assert len(caught.value.problems) == 2


def test_a_site_without_the_layer_has_no_services() -> None:
    with pytest.raises(InputError, match="no services"):
        find_services(graph(step("bootstrap.access")), ["nova"])


def test_the_command_knows_all_actions_and_asks_before_what_touches_services() -> None:
    assert tuple(ACTIONS) == NAMES
    assert {name for name, action in ACTIONS.items() if action.asks} == {"deploy", "reconfigure", "upgrade", "stop"}
    assert {action.kolla for action in ACTIONS.values()} >= APPLYING
