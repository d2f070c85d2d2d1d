"""What a host would get, and what has to be taken back before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from groundplane.ceph.configuration import read_configuration
from groundplane.ceph.hosts.add import plan_add
from groundplane.errors import InputError

from ..cluster_states import healthy  # noqa: TID252

if TYPE_CHECKING:
    from groundplane.ceph.state import ClusterState
    from groundplane.run.operation import Operation

    from ...site.conftest import SiteFolder  # noqa: TID252

MORE = "      hosts: {node1: , node2: , node3: }\n"


def plan(folder: SiteFolder, host: str, state: ClusterState | None = None) -> Operation:
    site = folder.load()
    return plan_add(site, read_configuration(site), state or healthy(), host)


def test_a_host_with_disks(ceph_site: SiteFolder) -> None:
    node4 = (
        "      hosts: {node1: , node2: , node3: , node4: {host_number: 14, rack: r2, disks: [/dev/sdb, /dev/sdc]}}\n"
    )
    ceph_site.replace("inventory/hosts.yml", MORE, node4)
    operation = plan(ceph_site, "node4")
    assert operation.lines == (
        "node4 (172.31.0.14) is made ready for cephadm and becomes a host of the cluster",
        "In the CRUSH map it stands in rack r2",
        "OSDs are made of /dev/sdb, /dev/sdc (drive group disks); data moves onto them by and by",
    )
    assert operation.stages == ()
    assert operation.warnings == ()


def test_a_host_of_the_control_plane_without_disks(ceph_site: SiteFolder) -> None:
    more = "        node4: {host_number: 14}\n        node5: {host_number: 15}\n    storage:\n"
    ceph_site.replace("inventory/hosts.yml", "    storage:\n", more)
    operation = plan(ceph_site, "node4")
    assert operation.lines[1:] == ("It gets a monitor, a manager, a gateway",)
    assert operation.warnings == ()


def test_drive_groups_by_filters(ceph_site: SiteFolder) -> None:
    ceph_site.replace(
        "inventory/hosts.yml", MORE, "      hosts: {node1: , node2: , node3: , node4: {host_number: 14}}\n"
    )
    ceph_site.write(
        "inventory/host_vars/node4.yml",
        "ceph_osds:\n- {name: slow, data_devices: {rotational: true, size: '1TB:', limit: 4},"
        " db_devices: {rotational: false}, encrypted: true}\n",
    )
    assert plan(ceph_site, "node4").lines[-1] == (
        "OSDs are made of all empty disks that spin of size 1TB: (at most 4), databases on all empty disks that don't "
        "spin, encrypted (drive group slow); data moves onto them by and by"
    )


def test_a_host_that_has_all_of_it(ceph_site: SiteFolder) -> None:
    assert plan(ceph_site, "node3").nothing == "it is a part of it, with all that the site asks for"


def test_only_what_is_missing_is_named(ceph_site: SiteFolder) -> None:
    state = healthy()
    state = replace(state, daemons=tuple(one for one in state.daemons if one.name != "mon.node3"))
    operation = plan(ceph_site, "node3", state)
    assert operation.lines[0] == "It gets a monitor"
    assert not operation.nothing


def test_a_drain_is_taken_back(ceph_site: SiteFolder) -> None:
    state = healthy()
    hosts = tuple(
        replace(one, labels=one.labels | {"_no_schedule"}) if one.name == "node3" else one for one in state.hosts
    )
    operation = plan(ceph_site, "node3", replace(state, hosts=hosts))
    assert operation.lines[0].startswith("The drain that was begun is taken back")
    (stage,) = operation.stages
    assert (stage.id, stage.hosts, stage.variables) == (
        "ceph.host_undrain",
        ("node1",),
        {"ceph_undrained_host": "node3"},
    )
    assert stage.playbook is not None
    assert stage.playbook.is_file()


@pytest.mark.parametrize(
    ("host", "what"),
    [
        ("node7", "the inventory has no host node7"),
        ("node9", "node9 is in neither of the groups control and storage, on whose hosts the layer works"),
    ],
)
def test_hosts_that_the_layer_does_not_have(ceph_site: SiteFolder, host: str, what: str) -> None:
    with pytest.raises(InputError, match=f"{host} can't be added") as caught:
        plan(ceph_site, host)
    assert caught.value.problems[0].what == what


def test_a_host_that_is_offline(ceph_site: SiteFolder) -> None:
    state = healthy()
    state = replace(state, hosts=tuple(replace(one, status="offline") for one in state.hosts))
    with pytest.raises(InputError) as caught:
        plan(ceph_site, "node3", state)
    assert caught.value.problems[0].what == "node3 is a host of the cluster already, and offline"
