"""What keeps OpenStack from working on a host is told, with its cure, before a container is touched."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from tests.unit.roles.openstack.small_host import host

judging: Any = import_module("openstack_host_judging")


def problems(**differs: Any) -> list[str]:
    given = {"interfaces": {"network_interface": {"interface": "eth0", "address": "172.31.1.11"}}, **differs}
    state = host(**given.pop("state", {}))
    limits = {"minimum_memory_mb": 7500, "minimum_free_mb": 5000, "virt_type": "kvm", "clock": 1001.0}
    found: list[str] = judging.host_problems(state, **{**limits, **given})
    return found


def test_a_healthy_host_has_no_problem() -> None:
    assert problems() == []


@pytest.mark.parametrize(
    ("differs", "said"),
    [
        ({"memory_mb": 2000}, ["2000 MiB of memory", "openstack_minimum_memory_mb (7500)"]),
        ({"free_mb": {"/var/lib/docker": 100}}, ["/var/lib/docker has 100 MiB free", "docker system df"]),
        ({"clock": 1100.0}, ["99 s ahead of", "chronyc makestep"]),
        ({"clock": 900.0}, ["101 s behind"]),
        ({"kvm": False}, ["/dev/kvm", "nova_compute_virt_type: qemu"]),
        ({"shared": False}, ["mounts aren't shared"]),
        ({"missing_images": [f"registry/i{n}@sha256:1" for n in range(7)]}, ["registry/i4", "2 more", "apply supply"]),
        ({"containers": {"problem": "no daemon", "names": []}}, ["doesn't answer: no daemon"]),
        ({"ceph": {"status": "", "problem": "timed out", "checks": {}}}, ["can't be asked: timed out"]),
        (
            {"ceph": {"status": "HEALTH_ERR", "problem": "", "checks": {"OSD_FULL": "1 full osd(s)"}}},
            ["not healthy: 1 full osd(s)", "groundplane verify ceph"],
        ),
        (
            {"ceph": {"status": "HEALTH_WARN", "problem": "", "checks": {"PG_AVAILABILITY": "3 pgs inactive"}}},
            ["3 pgs inactive"],
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_cure(differs: dict[str, Any], said: list[str]) -> None:
    (found,) = problems(state=differs)
    for words in said:
        assert words in found


def test_a_warning_of_ceph_and_a_host_without_a_monitor_hold_nothing_up() -> None:
    warning = {"status": "HEALTH_WARN", "problem": "", "checks": {"MON_DISK_LOW": "mon a is low on space"}}
    assert problems(state={"ceph": warning}) == []
    assert problems(state={"ceph": None}) == []


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"interface": "eth9"}, "no interface eth9, which is its tunnel_interface; it has eth0, ext0"),
        ({"interface": "eth0", "address": "10.0.0.1"}, "hasn't the address 10.0.0.1"),
    ],
)
def test_an_interface_that_a_host_lacks_is_named(wanted: dict[str, str], said: str) -> None:
    (found,) = problems(interfaces={"tunnel_interface": wanted})
    assert said in found


def test_an_interface_that_is_down_is_told() -> None:
    down = {"ext0": {"up": False, "mac": "", "addresses": []}}
    (found,) = problems(state={"links": down}, interfaces={"neutron_external_interface": {"interface": "ext0"}})
    assert "ext0 (neutron_external_interface) is down" in found


def test_a_host_without_servers_needs_no_kvm() -> None:
    assert problems(state={"kvm": False}, virt_type="") == []


def test_all_problems_are_told_at_once() -> None:
    assert len(problems(state={"kvm": False, "memory_mb": 1, "shared": False})) == 3
