"""Plans to give an OSD a new disk."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.ceph.configuration import CephConfiguration, read_configuration
from groundplane.ceph.osds.replace import find_osd, plan_replace_osd
from groundplane.errors import InputError

from ..cluster_states import FSID, healthy, host_down, osd_down  # noqa: TID252
from .host_disks import disk_of, empty, host_disks, osd_of

if TYPE_CHECKING:
    from groundplane.ceph.osds.disks import HostDisks
    from groundplane.ceph.state import ClusterState
    from groundplane.run.operation import Operation
    from groundplane.site.site import Site

    from ...site.conftest import SiteFolder  # noqa: TID252


@pytest.fixture
def site(ceph_site: SiteFolder) -> Site:
    return ceph_site.load()


@pytest.fixture
def configuration(site: Site) -> CephConfiguration:
    return read_configuration(site)


class Planner:
    def __init__(self, site: Site) -> None:
        self.site = site
        self.configuration = read_configuration(site)

    def __call__(self, state: ClusterState, disks: HostDisks, **options: Any) -> Operation:
        return plan_replace_osd(self.site, self.configuration, state, disks, osd_of(state), **options)

    def refused(self, state: ClusterState, disks: HostDisks, **options: Any) -> str:
        with pytest.raises(InputError) as caught:
            self(state, disks, **options)
        return "\n".join(map(str, caught.value.problems))


@pytest.fixture
def plan(site: Site) -> Planner:
    return Planner(site)


def test_its_own_disk_is_wiped_and_used_again(plan: Planner) -> None:
    state = healthy()
    osd = osd_of(state)
    operation = plan(state, host_disks(disk_of(osd, FSID)))
    assert operation.lines == (
        f"The daemon {osd.name} stops",
        f"{osd.name} is marked destroyed; its id stays",
        "/dev/sdb (1.0 TB) is wiped",
        f"/dev/sdb (1.0 TB), once it is wiped, becomes {osd.name}, and its data comes back from the other copies",
    )
    assert operation.confirm == osd.name
    assert "all placement groups have their other copies" in operation.danger
    assert [(stage.id, stage.hosts) for stage in operation.stages] == [
        ("ceph.osd_destroy", ("node2", "node1")),
        ("ceph.osds", ("node2", "node1")),
    ]
    assert all(stage.playbook and stage.playbook.is_file() for stage in operation.stages)
    assert operation.stages[0].variables["ceph_destroyed_osd"] == osd.id
    assert operation.stages[1].variables["ceph_osds_only"] == ["node2"]


def test_a_new_disk_in_its_place_gets_the_id(plan: Planner) -> None:
    state = osd_down(osd_of(healthy()).id)
    operation = plan(state, host_disks(empty("/dev/sdb"), new=("/dev/sdb",)))
    assert operation.lines[-2:] == (
        "Its old disk isn't there any more",
        f"/dev/sdb (1.0 TB) becomes {operation.confirm}, and its data comes back from the other copies",
    )
    assert "33 placement groups lack a copy now" in operation.danger


def test_what_was_cut_off_goes_on(plan: Planner) -> None:
    state = healthy()
    osd = osd_of(state)
    state = replace(state, osds=tuple(replace(each, up=False, destroyed=each is osd) for each in state.osds))
    operation = plan(state, host_disks(empty("/dev/sdb"), new=("/dev/sdb",)))
    assert operation.lines[0] == f"{osd.name} is destroyed already"
    assert "gone already" in operation.danger


def test_without_a_disk_it_is_refused_unless_later(plan: Planner) -> None:
    state = osd_down(osd_of(healthy()).id)
    assert "names no empty disk of node2" in plan.refused(state, host_disks())
    operation = plan(state, host_disks(), later=True)
    assert [stage.id for stage in operation.stages] == ["ceph.osd_destroy"]
    assert operation.lines[-1].endswith("groundplane ceph osd add node2")


def test_a_disk_that_is_kept_isnt_used_again(plan: Planner) -> None:
    state = healthy()
    disks = host_disks(disk_of(osd_of(state), FSID))
    assert "its own disk /dev/sdb is kept" in plan.refused(state, disks, keep=True)
    both = host_disks(disk_of(osd_of(state), FSID), empty(), new=("/dev/sdc",))
    assert "Its old disk stays as it is" in plan(state, both, keep=True).lines


def test_a_disk_that_the_host_refuses_is_told(plan: Planner) -> None:
    state = osd_down(osd_of(healthy()).id)
    assert "/dev/sdb holds xfs" in plan.refused(state, host_disks(refusal="/dev/sdb holds xfs"))


def test_the_only_copy_is_never_given_up(plan: Planner) -> None:
    state = replace(osd_down(osd_of(healthy()).id), pg_states={"down": 2, "active+clean": 31})
    assert "2 placement groups can't be read now" in plan.refused(state, host_disks(empty(), new=("/dev/sdc",)))


def test_one_that_runs_isnt_taken_from_a_cluster_that_lacks_copies(plan: Planner) -> None:
    state = replace(healthy(), pg_states={"active+undersized+degraded": 5, "active+clean": 28})
    assert "5 placement groups lack copies already" in plan.refused(state, host_disks(disk_of(osd_of(state), FSID)))


def test_draining_is_refused_where_data_finds_no_place(plan: Planner) -> None:
    state = healthy()
    assert "would be left" in plan.refused(state, host_disks(disk_of(osd_of(state), FSID)), drain=True)


def test_a_host_that_is_away_cant_be_worked_on(plan: Planner) -> None:
    assert "node2 is offline" in plan.refused(host_down("node2"), host_disks(empty(), new=("/dev/sdc",)))


@pytest.mark.parametrize("name", ["osd.1", "1", " osd.1 "])
def test_an_osd_is_found_by_either_name(name: str) -> None:
    assert find_osd(healthy(), name).id == 1


@pytest.mark.parametrize("name", ["osd.99", "node1", "osd.x"])
def test_an_osd_that_isnt_there_is_told(name: str) -> None:
    with pytest.raises(InputError, match="has no OSD"):
        find_osd(healthy(), name)
