"""Plans to make OSDs of new disks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from groundplane.ceph.configuration import read_configuration
from groundplane.ceph.osds.add import osd_hosts, plan_add_osds
from groundplane.ceph.osds.disks import HostDisks
from groundplane.errors import InputError

from ..cluster_states import healthy, osd_down  # noqa: TID252
from .host_disks import empty, host_disks, osd_of

if TYPE_CHECKING:
    from groundplane.site.site import Site

    from ...site.conftest import SiteFolder  # noqa: TID252


@pytest.fixture
def site(ceph_site: SiteFolder) -> Site:
    return ceph_site.load()


def test_each_new_disk_is_told(site: Site) -> None:
    disks = {"node2": host_disks(empty(), new=("/dev/sdc",)), "node3": HostDisks("node3")}
    operation = plan_add_osds(site, healthy(), disks)
    assert operation.lines == ("node2: /dev/sdc (1.0 TB) becomes an OSD (drive group disks)",)
    (stage,) = operation.stages
    assert stage.hosts == ("node2", "node1"), "node1 speaks for the cluster"
    assert stage.variables == {"ceph_speaker": "node1", "ceph_osds_only": ["node2"]}
    assert stage.playbook is not None
    assert stage.playbook.is_file()
    assert not operation.danger


def test_ids_of_destroyed_osds_are_taken_over(site: Site) -> None:
    disks = host_disks(empty(), empty("/dev/sdd"), new=("/dev/sdc", "/dev/sdd"), replaceable=(7,))
    operation = plan_add_osds(site, healthy(), {"node2": disks})
    assert operation.lines[0].endswith("with the id of osd.7, which was destroyed")
    assert operation.lines[1].endswith("(drive group disks)")


def test_without_a_new_disk_there_is_nothing_to_do(site: Site) -> None:
    assert "is an OSD already" in plan_add_osds(site, healthy(), {"node2": host_disks()}).nothing


def test_all_hosts_reasons_are_told_at_once(site: Site) -> None:
    away, refused = HostDisks("node1", error="no answer"), replace(host_disks(), refusal="/dev/sdb holds xfs")
    stranger = replace(host_disks(empty(), new=("/dev/sdc",)), host="node7")
    with pytest.raises(InputError) as caught:
        plan_add_osds(site, healthy(), {"node1": away, "node2": refused, "node7": stranger})
    told = [problem.what for problem in caught.value.problems]
    assert told == [
        "node1 can't be asked for its disks: no answer",
        "node2: /dev/sdb holds xfs",
        "The cluster has no host node7",
    ]


def test_a_disk_in_a_dead_ones_place_would_rather_take_its_id(site: Site) -> None:
    osd = osd_of(healthy())
    operation = plan_add_osds(site, osd_down(osd.id), {"node2": host_disks(empty(), new=("/dev/sdc",))})
    (warning,) = operation.warnings
    assert f"groundplane ceph osd replace {osd.name}" in warning


def test_hosts_are_those_with_osds(site: Site) -> None:
    configuration = read_configuration(site)
    assert osd_hosts(configuration, ()) == ("node1", "node2", "node3")
    assert osd_hosts(configuration, ("node2",)) == ("node2",)
    with pytest.raises(InputError, match="no OSDs on node9"):
        osd_hosts(configuration, ("node9",))
