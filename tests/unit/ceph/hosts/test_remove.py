"""Plans to take a host out of a cluster."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from groundplane.ceph.configuration import CephConfiguration, read_configuration
from groundplane.ceph.hosts.remove import plan_remove
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


def drained(host: str = "node3") -> ClusterState:
    state = healthy()
    return replace(
        state,
        mons=tuple(mon for mon in state.mons if mon.name != host),
        osds=tuple(osd for osd in state.osds if osd.host != host),
        daemons=tuple(one for one in state.daemons if one.host != host),
        hosts=tuple(
            replace(one, labels=one.labels | {"_no_schedule"}) if one.name == host else one for one in state.hosts
        ),
    )


def test_a_drained_host_leaves_and_is_cleaned(site: Site, configuration: CephConfiguration) -> None:
    operation = plan_remove(site, configuration, drained(), "node3")
    assert operation.lines == (
        "node3 leaves the orchestrator's hosts and the CRUSH map",
        "The cluster's files, keys and units leave node3; its disks stay as they are",
    )
    assert [(stage.id, stage.hosts) for stage in operation.stages] == [
        ("ceph.host_remove", ("node1",)),
        ("ceph.host_clean", ("node3",)),
    ]
    assert all(stage.playbook and stage.playbook.is_file() for stage in operation.stages)
    assert operation.stages[0].variables["ceph_removed_fsid"] == FSID
    assert not operation.danger


def test_daemons_and_data_that_are_still_there(site: Site, configuration: CephConfiguration) -> None:
    with pytest.raises(InputError, match="node3 can't be removed") as caught:
        plan_remove(site, configuration, healthy(), "node3")
    (problem,) = caught.value.problems
    assert problem.what == (
        "5 daemons still belong to node3: crash.node3, mgr.node3.uwahzw, mon.node3, osd.2, rgw.main.node3.iaigjg"
    )
    assert problem.cure == "groundplane ceph host drain node3"


def test_a_host_that_is_gone_for_good(site: Site, configuration: CephConfiguration) -> None:
    operation = plan_remove(site, configuration, host_down(), "node3", offline=True)
    assert operation.command == "ceph host remove node3 --offline"
    assert operation.lines[0] == "osd.2 are purged: the cluster forgets them and their data"
    assert [stage.id for stage in operation.stages] == ["ceph.host_remove"]
    assert operation.stages[0].variables["ceph_removed_offline"] is True
    assert operation.danger == ("what only osd.2 hold is gone for good; 33 placement groups don't have all copies now")
    assert operation.confirm == "node3"


def test_placement_groups_that_only_the_host_may_have(site: Site, configuration: CephConfiguration) -> None:
    state = replace(host_down(), pg_states={"down": 2, "active+clean": 31})
    danger = plan_remove(site, configuration, state, "node3", offline=True).danger
    assert danger.endswith("2 placement groups can't be read now and may come back with node3 alone")


@pytest.mark.parametrize(
    ("state", "offline", "what"),
    [
        (host_down(), False, "node3 is offline"),
        (drained(), True, "node3 isn't offline, as far as the orchestrator knows"),
    ],
)
def test_offline_is_said_where_it_is_so(
    site: Site, configuration: CephConfiguration, state: ClusterState, offline: bool, what: str
) -> None:
    with pytest.raises(InputError) as caught:
        plan_remove(site, configuration, state, "node3", offline=offline)
    assert caught.value.problems[0].what == what


def test_the_quorum_is_kept(site: Site, configuration: CephConfiguration) -> None:
    state = host_down()
    broken = replace(state, mons=tuple(replace(mon, in_quorum=mon.name == "node1") for mon in state.mons))
    with pytest.raises(InputError) as caught:
        plan_remove(site, configuration, broken, "node3", offline=True)
    assert "only 1 of 2 monitors would be in the quorum" in caught.value.problems[-1].what


def test_a_host_that_the_cluster_does_not_have(site: Site, configuration: CephConfiguration) -> None:
    state = drained()
    gone = replace(state, hosts=tuple(one for one in state.hosts if one.name != "node3"))
    assert plan_remove(site, configuration, gone, "node3").nothing == "the cluster doesn't have it"
    with pytest.raises(InputError, match="The cluster has no host nod3"):
        plan_remove(site, configuration, gone, "nod3")
