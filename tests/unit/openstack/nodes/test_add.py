"""What a node would get."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from groundplane.errors import InputError
from groundplane.openstack.compute.nova import ComputeHost
from groundplane.openstack.nodes.add import plan_add

from ..status.states import ADDRESSES, gone, host, state, without  # noqa: TID252

SITE: Any = SimpleNamespace(
    inventory=SimpleNamespace(
        hosts={name: SimpleNamespace(place=None) for name in (*ADDRESSES, "manager")},
        group_hosts={"control": ("node1",)},
        suggest_name=lambda _name: "",
    )
)


def reasons(name: str, known: Any = None) -> list[str]:
    with pytest.raises(InputError, match=f"{name} can't be added") as refused:
        plan_add(SITE, known or state(), (), name, by="me")
    return [one.what for one in refused.value.problems]


def test_a_compute_host() -> None:
    found = plan_add(SITE, state(host("node4", containers=())), (), "node4", by="me")
    assert found.lines == (
        "All hosts learn its name; what was never applied on node4 of the layers below is applied",
        "It gets 2 containers: nova-cell, ovn-controller",
        "Nova discovers it, and servers may come to it",
    )
    assert found.stages == ()


def test_a_controller_joins_what_is_clustered() -> None:
    found = plan_add(SITE, state(without("node3", "mariadb", "rabbitmq")), (), "node3", by="me")
    assert "It gets 2 containers of 7: mariadb, rabbitmq" in found.lines
    assert any(line.startswith("It joins MariaDB's cluster, RabbitMQ's cluster;") for line in found.lines)


def test_a_removal_that_was_cut_off_is_taken_back() -> None:
    retired = ComputeHost("node4", "id", up=True, enabled=False, reason="groundplane: removed by me")
    found = plan_add(SITE, state(), (retired,), "node4", by="me")
    assert [stage.id for stage in found.stages] == ["openstack.compute-enable"]
    disabled = ComputeHost("node4", "id", up=True, enabled=False, reason="memory is replaced")
    assert plan_add(SITE, state(), (disabled,), "node4", by="me").nothing


def test_refused() -> None:
    assert reasons("node9") == ["the inventory has no host node9"]
    assert reasons("manager") == ["manager is in none of the groups that run OpenStack"]
    assert reasons("node4", state(gone("node4"))) == ["node4 can't be reached: no answer"]
    assert reasons("node3", state(without("node2", "mariadb"))) == ["MariaDB's cluster isn't whole: node2 is missing"]
