"""What a lab consists of."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundplane.content import Content, toolkit_content
from groundplane.errors import InputError
from groundplane.lab.model import load_definition, mac_address, plan_nodes
from tests.unit.lab.small_lab import small_lab

DEFINITION = load_definition(toolkit_content())
PROFILE = DEFINITION.profile("bootstrap")


@given(st.integers(1, 99))
def test_a_quorum_is_always_possible(count: int) -> None:
    nodes = plan_nodes(DEFINITION, count, PROFILE)
    assert len(nodes) == count + 1
    assert sum("control" in node.groups for node in nodes) % 2 == 1
    assert len({node.number for node in nodes}) == count + 1


def test_in_a_cloud_the_first_host_controls_and_the_others_compute() -> None:
    _, *nodes = plan_nodes(DEFINITION, 3, DEFINITION.profile("cloud"))
    assert nodes[0].groups == ("control", "network", "storage", "monitoring")
    assert nodes[1].groups == nodes[2].groups == ("compute", "storage")


def test_a_cloud_of_one_host_has_everything_there() -> None:
    _, node = plan_nodes(DEFINITION, 1, DEFINITION.profile("cloud"))
    assert node.groups == ("control", "network", "compute", "storage", "monitoring")


def test_every_host_of_a_highly_available_cloud_is_in_every_group() -> None:
    _, *nodes = plan_nodes(DEFINITION, 3, DEFINITION.profile("ha"))
    assert {node.groups for node in nodes} == {("control", "network", "compute", "storage", "monitoring")}


def test_the_manager_has_no_disks_and_the_nodes_do() -> None:
    manager, *nodes = plan_nodes(DEFINITION, 3, PROFILE)
    assert manager.disks_gib == ()
    assert all(node.disks_gib for node in nodes)
    assert nodes[0].disks == ("/dev/disk/by-id/lab-disk1",)
    assert manager.disks == ()


@pytest.mark.parametrize("count", [0, -1, 100])
def test_impossible_numbers_of_nodes_are_refused(count: int) -> None:
    with pytest.raises(InputError):
        plan_nodes(DEFINITION, count, PROFILE)


def test_an_unknown_profile_names_those_there_are() -> None:
    with pytest.raises(InputError) as refused:
        DEFINITION.profile("huge")
    assert "bootstrap" in refused.value.cure


def test_exactly_one_network_leads_outside() -> None:
    assert [name for name, network in DEFINITION.networks.items() if network.nat] == ["management"]
    assert [network.interface for network in DEFINITION.networks.values()] == ["eth0", "tun0", "ext0"]


@given(st.ip_addresses(v=4, network="172.16.0.0/12"), st.ip_addresses(v=4, network="172.16.0.0/12"))
def test_macs_are_local_and_as_different_as_addresses(first: object, second: object) -> None:
    macs = [mac_address(str(ip_address(str(address)))) for address in (first, second)]
    assert (macs[0] == macs[1]) == (first == second)
    assert int(macs[0][:2], 16) & 0b11 == 0b10


def test_a_node_is_found_by_either_name() -> None:
    lab = small_lab()
    assert lab.node("node1") is lab.node("tiny-node1")
    with pytest.raises(InputError) as refused:
        lab.node("node9")
    assert "manager, node1" in refused.value.cure


def test_a_broken_definition_names_its_file(tmp_path: object) -> None:
    with pytest.raises(InputError) as refused:
        load_definition(Content(tmp_path))  # type: ignore[arg-type]
    assert "lab.yml" in str(refused.value.place)
