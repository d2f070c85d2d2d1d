"""A virtual address that somebody else has is refused; one that keepalived of ours holds is not."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from tests.unit.roles.openstack.small_host import host

vips: Any = import_module("openstack_vips")

VIPS = {"internal": "172.31.1.240"}
STRANGER = "52:54:00:12:34:56"


def seen(here: str = "", mac: str = "", *, names: tuple[str, ...] = ()) -> dict[str, Any]:
    return host(vips={"internal": {"here": here, "mac": mac}}, containers={"problem": "", "names": list(names)})


def test_a_free_address_is_no_problem() -> None:
    assert vips.vip_problems(VIPS, {"node1": seen(), "node2": host(vips={})}) == []


def test_a_stranger_s_answer_is_told_once_with_its_mac() -> None:
    (found,) = vips.vip_problems(VIPS, {"node1": seen(mac=STRANGER), "node2": seen(mac=STRANGER)})
    assert "172.31.1.240 (vips.internal) is in use by a machine with the MAC 52:54:00:12:34:56" in found


def test_a_host_of_ours_may_have_it_where_keepalived_runs() -> None:
    ours = "02:67:ac:1f:01:0b"
    states = {"node1": seen("eth0", names=("keepalived",)), "node2": seen(mac=ours)}
    assert vips.vip_problems(VIPS, states) == []


def test_an_address_set_by_hand_is_told() -> None:
    (found,) = vips.vip_problems(VIPS, {"node1": seen("eth0")})
    assert "is on node1's eth0, and no keepalived runs there" in found


def test_ansible_finds_the_filter() -> None:
    assert vips.FilterModule().filters() == {"openstack_vip_problems": vips.vip_problems}
