"""Hosts by name; enabling and disabling them."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from groundplane.errors import InputError
from groundplane.openstack.compute.hosts import find_host, places, plan_switch, refuse_unknown, switch

from .fake_nova import HOSTS, FakeNova
from .works import Told, quick_work

SITE = cast(
    "Any", SimpleNamespace(inventory=SimpleNamespace(hosts=("node1", "node4"), group_hosts={"control": ("node1",)}))
)


def test_names() -> None:
    full = (replace(HOSTS[0], name="node4.cloud.test"),)
    assert find_host(full, "node4") is full[0]
    with pytest.raises(InputError, match="no compute host node3"):
        find_host(HOSTS, "node3")
    assert places(SITE, ["node4.cloud.test"]) == ("node4",)
    assert places(SITE, ["node9"]) == ("node1",)


def test_a_name_that_is_no_compute_host_of_the_site_is_refused_with_the_nearest() -> None:
    inventory = SimpleNamespace(hosts=("node1", "node4", "node5"), group_hosts={"compute": ("node4", "node5")})
    site = cast("Any", SimpleNamespace(inventory=inventory, file=SimpleNamespace(domain="cloud.test")))
    refuse_unknown(site, ["node4", "node5.cloud.test"])
    with pytest.raises(InputError) as refused:
        refuse_unknown(site, ["nod4", "node1", "x"])
    assert [(one.what, one.cure) for one in refused.value.problems] == [
        ("the inventory has no compute host nod4", "Did you mean 'node4'?"),
        ("node1 runs no virtual machines: it isn't in the group 'compute'", "Compute hosts: node4, node5."),
        (
            "the inventory has no compute host x",
            "Compute hosts: node4, node5. One that left the inventory has to come back into it first.",
        ),
    ]


def test_disabling_says_who_is_left() -> None:
    found = plan_switch(SITE, HOSTS, ["node4"], enabled=False, by="me", reason="memory")
    assert found.lines == ("New servers don't come to node4 any more; those that are there stay",)
    assert found.warnings == ()
    both = plan_switch(SITE, HOSTS, ["node4", "node5"], enabled=False, by="me")
    assert both.warnings == ("No host is left that takes new servers.",)


def test_enabling() -> None:
    off = (replace(HOSTS[0], enabled=False, up=False, forced_down=True), HOSTS[1])
    found = plan_switch(SITE, off, ["node4"], enabled=True, by="me")
    assert found.lines == ("New servers may come to node4 again, which Nova no longer takes for down",)
    assert plan_switch(SITE, HOSTS, ["node4", "node5"], enabled=True, by="me").nothing == "they are enabled already"
    silent = (replace(HOSTS[0], enabled=False, up=False), HOSTS[1])
    with pytest.raises(InputError) as refused:
        plan_switch(SITE, silent, ["node4", "node7"], enabled=True, by="me")
    assert [one.what for one in refused.value.problems] == [
        "Nova has no compute host node7",
        "nova-compute on node4 doesn't report",
    ]


def test_what_is_asked_of_nova() -> None:
    nova, told = FakeNova(), Told()
    off = replace(HOSTS[0], enabled=False, forced_down=True)
    switch(cast("Any", nova), off, quick_work(told), enabled=True)
    assert nova.asked == ["node4 not down", "enable node4"]
    assert told.ends == {"New servers may come to node4": ("changed", "")}
    switch(cast("Any", nova), HOSTS[0], quick_work(told), enabled=True)
    switch(cast("Any", nova), HOSTS[0], quick_work(told, check=True), enabled=False)
    assert len(nova.asked) == 2
