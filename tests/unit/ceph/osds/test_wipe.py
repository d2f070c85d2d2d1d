"""Plans to empty disks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from groundplane.ceph.configuration import read_configuration
from groundplane.ceph.osds.disks import DiskOsd, DiskView
from groundplane.ceph.osds.wipe import check_named, plan_wipe
from groundplane.errors import InputError

from ..cluster_states import FSID, healthy  # noqa: TID252
from .host_disks import disk_of, empty, host_disks, osd_of

if TYPE_CHECKING:
    from groundplane.site.site import Site

    from ...site.conftest import SiteFolder  # noqa: TID252

FULL = DiskView("/dev/sdc", "/dev/sdc (1.0 TB)", contents=("a file system (xfs)",))


@pytest.fixture
def site(ceph_site: SiteFolder) -> Site:
    return ceph_site.load()


def test_what_is_on_it_is_told_and_confirmed_with_host_and_disk(site: Site) -> None:
    operation = plan_wipe(site, healthy(), host_disks(FULL), "/dev/sdc")
    assert "a file system (xfs), on /dev/sdc of node2" in operation.danger
    assert operation.confirm == "node2:/dev/sdc"
    (stage,) = operation.stages
    assert stage.hosts == ("node2",)
    assert stage.playbook is not None
    assert stage.playbook.is_file()
    assert stage.variables == {"ceph_wiped_disk": "/dev/sdc", "ceph_wiped_contents": ["a file system (xfs)"]}


def test_an_empty_one_needs_nothing(site: Site) -> None:
    assert plan_wipe(site, healthy(), host_disks(empty()), "/dev/sdc").nothing == "it is empty"


def test_one_that_is_in_use_is_refused(site: Site) -> None:
    busy = replace(FULL, busy="/dev/sdc holds what is mounted at /srv: unmount that first")
    with pytest.raises(InputError, match="can't be wiped now") as caught:
        plan_wipe(site, healthy(), host_disks(busy), "/dev/sdc")
    assert "/srv" in caught.value.why


def test_an_osd_of_the_cluster_is_refused(site: Site) -> None:
    state = healthy()
    osd = osd_of(state)
    with pytest.raises(InputError, match=rf"holds {osd.name}, which belongs to the cluster"):
        plan_wipe(site, state, host_disks(replace(disk_of(osd, FSID), busy="")), "/dev/sdb")


def test_an_osd_that_was_destroyed_or_is_another_clusters_may_go(site: Site) -> None:
    state = healthy()
    osd = osd_of(state)
    gone = replace(state, osds=tuple(replace(each, destroyed=each is osd) for each in state.osds))
    assert plan_wipe(site, gone, host_disks(replace(disk_of(osd, FSID), busy="")), "/dev/sdb").stages
    other = replace(FULL, osds=(DiskOsd(osd.id, osd.uuid, "another", "block", finished=True),))
    assert plan_wipe(site, state, host_disks(other), "/dev/sdc").stages
    assert plan_wipe(site, None, host_disks(other), "/dev/sdc").stages, "before there is a cluster"


@pytest.mark.parametrize(("others", "why"), [({}, "isn't there"), ({"/dev/sdx": "a partition"}, "a partition")])
def test_what_isnt_a_disk_is_told(site: Site, others: dict[str, str], why: str) -> None:
    with pytest.raises(InputError) as caught:
        plan_wipe(site, healthy(), host_disks(others=others), "/dev/sdx")
    assert why in caught.value.why


def test_a_link_finds_its_disk() -> None:
    disk = replace(FULL, aliases=("/dev/disk/by-id/wwn-1",))
    assert host_disks(disk).disk("/dev/disk/by-id/wwn-1") == disk


def test_only_what_the_site_names_may_be_wiped(ceph_site: SiteFolder) -> None:
    ceph_site.replace(
        "inventory/hosts.yml", "disks: [/dev/sdb]}\n        node3", "ceph_wipe_devices: [/dev/sdc]}\n        node3"
    )
    configuration = read_configuration(ceph_site.load())
    check_named(configuration, "node2", "/dev/sdc")
    with pytest.raises(InputError, match="doesn't name /dev/sdd") as caught:
        check_named(configuration, "node2", "/dev/sdd")
    assert "ceph_wipe_devices: [/dev/sdd]" in caught.value.cure
    with pytest.raises(InputError, match="no OSDs on node9"):
        check_named(configuration, "node9", "/dev/sdc")
