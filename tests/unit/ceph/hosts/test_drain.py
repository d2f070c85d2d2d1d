"""Plans to drain a host: what is said, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.ceph.configuration import CephConfiguration, read_configuration
from groundplane.ceph.hosts.drain import draining_progress, plan_drain
from groundplane.ceph.state import Upgrade
from groundplane.errors import InputError

from ..cluster_states import FSID, healthy, host_down  # noqa: TID252

if TYPE_CHECKING:
    from groundplane.ceph.state import ClusterState
    from groundplane.site.site import Site

    from ...site.conftest import SiteFolder  # noqa: TID252


@pytest.fixture
def site(ceph_site: SiteFolder) -> Site:
    return ceph_site.load()


@pytest.fixture
def configuration(site: Site) -> CephConfiguration:
    return read_configuration(site)


def roomy(**fields: Any) -> ClusterState:
    """With two copies of everything, two hosts are enough."""
    state = healthy()
    return replace(state, pools=tuple(replace(pool, size=2, min_size=1) for pool in state.pools), **fields)


def labelled(state: ClusterState, host: str, *labels: str) -> ClusterState:
    hosts = tuple(replace(one, labels=one.labels | set(labels)) if one.name == host else one for one in state.hosts)
    return replace(state, hosts=hosts)


def refused(site: Site, configuration: CephConfiguration, state: ClusterState, host: str = "node3") -> list[str]:
    with pytest.raises(InputError, match=f"{host} can't be drained") as caught:
        plan_drain(site, configuration, state, host)
    return [problem.what for problem in caught.value.problems]


def test_what_happens_is_said_in_order(site: Site, configuration: CephConfiguration) -> None:
    state = roomy()
    operation = plan_drain(site, configuration, state, "node3")
    assert operation.command == "ceph host drain node3"
    osd = state.osds_of("node3")[0]
    assert operation.lines == (
        "No daemon is started on node3 any more",
        f"The data of osd.2 moves to other hosts: {osd.pgs} placement groups, {osd.used / 2**20:.1f} MiB",
        "When they are empty, osd.2 leaves the cluster",
        "crash.node3, mgr.node3.uwahzw, mon.node3, rgw.main.node3.iaigjg are taken away",
        "The administrator's key is taken off node3",
    )
    (stage,) = operation.stages
    assert (stage.id, stage.hosts, stage.variables) == (
        "ceph.host_drain",
        ("node1",),
        {"ceph_drained_host": "node3"},
    )
    assert stage.playbook is not None
    assert stage.playbook.is_file()
    assert not operation.danger
    assert operation.warnings[0] == "2 monitors remain, of which none may fail."
    assert operation.warnings[1].startswith("The inventory still has node3 in control and storage: take it out")


def test_wiping_is_confirmed_with_the_hosts_name(site: Site, configuration: CephConfiguration) -> None:
    operation = plan_drain(site, configuration, roomy(), "node3", wipe=True)
    assert operation.command == "ceph host drain node3 --wipe"
    assert operation.danger == "the disks of 1 OSD on node3 are wiped once their data lies elsewhere"
    assert operation.confirm == "node3"
    wipe = operation.stages[1]
    assert (wipe.id, wipe.hosts) == ("ceph.host_wipe", ("node3",))
    assert wipe.variables == {"ceph_drained_fsid": FSID, "ceph_drained_osds": [{"id": 2, "devices": ["/dev/loop2"]}]}
    assert wipe.playbook is not None
    assert wipe.playbook.is_file()


def test_another_host_speaks_where_the_speaker_itself_goes(site: Site, configuration: CephConfiguration) -> None:
    assert plan_drain(site, configuration, roomy(), "node1").stages[0].hosts == ("node2",)


def test_copies_that_could_not_be_placed(site: Site, configuration: CephConfiguration) -> None:
    (what,) = refused(site, configuration, healthy())
    assert "keep 3 copies, each on another host, and 2 hosts (node1, node2) would be left" in what


def test_a_cluster_that_is_not_whole(site: Site, configuration: CephConfiguration) -> None:
    found = refused(site, configuration, host_down("node2"))
    assert found[0].startswith("not all placement groups are active and clean (33 active+undersized+degraded)")
    assert "osd.1 elsewhere is down" in found
    assert "without node3 only 1 of 2 monitors would be in the quorum, which takes 2" in found


def test_a_host_that_is_offline_or_in_maintenance(site: Site, configuration: CephConfiguration) -> None:
    assert refused(site, configuration, host_down())[0] == "node3 is offline, so nothing can move off it in order"
    state = roomy()
    state = replace(state, hosts=tuple(replace(host, status="maintenance") for host in state.hosts))
    assert refused(site, configuration, state) == ["node3 is in maintenance"]


def test_what_keeps_data_from_moving(site: Site, configuration: CephConfiguration) -> None:
    state = roomy(flags=frozenset({"norebalance", "noout"}), upgrade=Upgrade(in_progress=True, target="image"))
    assert refused(site, configuration, state) == [
        "flags keep data where it is: norebalance",
        "an upgrade to image is under way",
    ]


def test_the_only_monitor_manager_and_key(site: Site, configuration: CephConfiguration) -> None:
    state = roomy()
    alone = replace(
        state,
        mons=tuple(mon for mon in state.mons if mon.name == "node3"),
        daemons=tuple(one for one in state.daemons if one.host == "node3" or one.type != "mgr"),
        hosts=tuple(
            replace(one, labels=one.labels - {"_admin"}) if one.name != "node3" else one for one in state.hosts
        ),
    )
    assert refused(site, configuration, alone) == [
        "node3 has the only monitor",
        "node3 has the only manager",
        "node3 is the only host with the administrator's key",
    ]


def test_the_last_gateway_is_a_warning(site: Site, configuration: CephConfiguration) -> None:
    state = roomy()
    state = replace(state, daemons=tuple(one for one in state.daemons if one.type != "rgw" or one.host == "node3"))
    assert "No gateway remains" in plan_drain(site, configuration, state, "node3").warnings[1]


def test_a_drain_that_was_begun_goes_on_though_placement_groups_move(
    site: Site, configuration: CephConfiguration
) -> None:
    state = labelled(roomy(pg_states={"active+remapped+backfilling": 3, "active+clean": 30}), "node3", "_no_schedule")
    assert plan_drain(site, configuration, state, "node3").title == "Drain node3, which was begun before"


def test_a_host_that_is_drained(site: Site, configuration: CephConfiguration) -> None:
    state = labelled(roomy(), "node3", "_no_schedule")
    empty = replace(
        state,
        osds=tuple(osd for osd in state.osds if osd.host != "node3"),
        daemons=tuple(one for one in state.daemons if one.host != "node3"),
    )
    assert "groundplane ceph host remove node3" in plan_drain(site, configuration, empty, "node3").nothing


def test_a_host_that_the_cluster_does_not_have(site: Site, configuration: CephConfiguration) -> None:
    with pytest.raises(InputError, match="The cluster has no host node33") as caught:
        plan_drain(site, configuration, roomy(), "node33")
    assert caught.value.cure.startswith("Did you mean 'node3'?")


def test_how_far_it_is() -> None:
    state = roomy()
    groups = state.osds_of("node3")[0].pgs
    assert draining_progress(state, host="node3") == f"node3 still holds osd.2 {groups} placement groups"
    empty = replace(state, osds=tuple(replace(osd, pgs=0) for osd in state.osds))
    assert draining_progress(empty, host="node3") == "node3's OSDs are empty and about to go"
    gone = replace(state, osds=())
    assert draining_progress(gone, host="node3").startswith("node3 still has crash.node3, mgr.node3.uwahzw")
    assert draining_progress(replace(gone, daemons=()), host="node3") == ""
