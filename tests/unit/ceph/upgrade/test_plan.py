"""An upgrade's plan, from the states of a real cluster."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from groundplane.ceph.configuration import CephConfiguration
from groundplane.ceph.upgrade.images import Target
from groundplane.ceph.upgrade.plan import plan_upgrade, upgrade_progress, what_next
from groundplane.errors import InputError

from ..cluster_states import IMAGE, healthy, host_down, osd_down  # noqa: TID252

if TYPE_CHECKING:
    from groundplane.ceph.state import ClusterState
    from groundplane.run.operation import Operation

NEW = IMAGE.replace("sha256:d1", "sha256:ee")
TARGET = Target(NEW, "18.2.8")
CONFIGURATION = CephConfiguration(
    image=NEW, mon_hosts=("node1", "node2", "node3"), hosts=("node1", "node2", "node3", "spare")
)


class Content:
    """What a plan reads of the toolkit."""

    def __init__(self, playbooks: Any) -> None:
        self.playbooks = playbooks


class FakeSite:
    def __init__(self, playbooks: Any) -> None:
        self.content = Content(playbooks)


@pytest.fixture
def site(tmp_path: Any) -> Any:
    return FakeSite(tmp_path / "playbooks")


def plan(site: Any, state: ClusterState, target: Target = TARGET, **options: Any) -> Operation:
    return plan_upgrade(site, options.pop("configuration", CONFIGURATION), state, target, **options)


def upgraded(state: ClusterState, *types: str) -> ClusterState:
    """These types run the new image."""
    return replace(
        state,
        daemons=tuple(replace(one, image=NEW, digests=(NEW,)) if one.type in types else one for one in state.daemons),
    )


def under_way(state: ClusterState, target: str = NEW, **changed: Any) -> ClusterState:
    return replace(state, upgrade=replace(state.upgrade, in_progress=True, target=target, **changed))


def reasons(site: Any, state: ClusterState, **options: Any) -> list[str]:
    with pytest.raises(InputError) as refused:
        plan(site, state, **options)
    assert all(problem.cure for problem in refused.value.problems)
    return [problem.what for problem in refused.value.problems]


def test_each_type_is_a_stage_in_cephs_order_and_the_trial_comes_first(site: Any) -> None:
    found = plan(site, healthy())
    assert [stage.id for stage in found.stages] == [
        "ceph.upgrade-image",
        "ceph.upgrade-manager",
        "ceph.upgrade-mgr",
        "ceph.upgrade-mon",
        "ceph.upgrade-crash",
        "ceph.upgrade-osd",
        "ceph.upgrade-rgw",
    ]
    assert found.stages[0].hosts == ("node1", "node2", "node3")
    assert found.stages[5].variables["ceph_upgrade_types"] == ["osd"]
    assert found.stages[5].variables["ceph_upgrade_osds"] == [0, 1, 2]
    assert found.stages[5].variables["ceph_upgrade_quorum"] == ["node1", "node2", "node3"]
    assert [stage.id for stage in found.always] == ["ceph.upgrade-pause"]
    assert "18.2.8" in found.title
    assert any("3 OSDs: from ceph@d1562b6d2c6c (18.2.7)" in line for line in found.lines)
    assert found.danger == ""


def test_nothing_is_left_where_all_run_the_image(site: Any) -> None:
    assert plan(site, healthy(), Target(IMAGE)).nothing == "all 15 daemons run it"


def test_the_same_digest_in_another_registry_is_the_same_image(site: Any) -> None:
    elsewhere = IMAGE.replace("manager.dev.test:5000", "mirror.example:5000")
    assert plan(site, healthy(), Target(elsewhere)).nothing


def test_it_goes_on_where_it_was(site: Any) -> None:
    state = under_way(upgraded(healthy(), "mgr", "mon"), paused=True)
    found = plan(site, state)
    assert [stage.id for stage in found.stages][:2] == ["ceph.upgrade-image", "ceph.upgrade-crash"]
    assert found.title.endswith("which was begun before")
    assert any("was paused goes on" in line for line in found.lines)


def test_an_upgrade_whose_last_daemon_is_done_is_finished(site: Any) -> None:
    state = under_way(upgraded(healthy(), "mgr", "mon", "crash", "osd", "rgw"))
    assert [stage.description for stage in plan(site, state).stages][1:] == ["The upgrade is finished"]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (host_down(), "osd.2 is down"),
        (host_down(), "node3 of the monitors isn't in the quorum"),
        (host_down(), "node3 is offline"),
        (osd_down(), "not all placement groups are active and clean (33 active+undersized+degraded)"),
        (healthy(flags=frozenset({"noout"})), "the flag noout is set for the whole cluster"),
        (healthy(host_flags={"node2": frozenset({"noout"})}), "noout is set for node2"),
        (healthy(mgr_standbys=()), "3 managers at work, and one has to stand by while the other is upgraded"),
        (
            healthy(unanswered={"daemons": "no manager is active"}),
            "the orchestrator doesn't answer: no manager is active",
        ),
        (healthy(lambda raw: raw["orchestrator"].update(paused=True)), "somebody paused the orchestrator"),
        (healthy(lambda raw: raw.update(removals=[{"osd_id": 1}])), "OSDs are being removed"),
        (under_way(healthy(), "reg/ceph@sha256:bad"), "an upgrade to ceph@bad is under way"),
    ],
)
def test_a_cluster_that_is_not_whole_or_busy_is_refused(site: Any, state: ClusterState, said: str) -> None:
    assert said in reasons(site, state)


def test_all_reasons_are_said_at_once(site: Any) -> None:
    assert len(reasons(site, replace(host_down(), flags=frozenset({"norecover"})))) >= 4


def test_scrubbing_that_is_off_is_no_reason(site: Any) -> None:
    assert plan(site, healthy(flags=frozenset({"noscrub", "nodeep-scrub"}))).stages


def test_a_host_that_the_site_does_not_know_is_refused(site: Any) -> None:
    configuration = replace(CONFIGURATION, hosts=("node1", "node2"))
    assert reasons(site, healthy(), configuration=configuration)[0].startswith("node3 is in the cluster and not in")


def test_a_pool_that_needs_all_copies_lets_no_osd_stop(site: Any) -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["pools"][-1]["min_size"] = 3

    [said] = reasons(site, healthy(change))
    assert said.startswith("the pool images wants all 3 of its copies")


def test_the_other_half_and_the_way_back_are_not_refused_for_what_the_first_half_left(site: Any) -> None:
    found = plan(site, upgraded(osd_down(in_=True), "mgr", "mon"))
    assert any("osd.1 is down" in warning for warning in found.warnings)
    image, *_, osd, rgw = found.stages
    assert image.variables["ceph_upgrade_osds"] == [0, 2]
    assert image.variables["ceph_upgrade_clean"] is False
    assert osd.variables["ceph_upgrade_osds"] == [0, 1, 2]
    assert osd.variables["ceph_upgrade_clean"] is True
    assert rgw.variables["ceph_upgrade_clean"] is True


def test_progress_says_what_is_left() -> None:
    state = under_way(upgraded(healthy(), "mgr", "mon", "crash", "rgw"), message="Currently upgrading osd daemons")
    assert upgrade_progress(state, TARGET) == "0 of 3 OSDs run the new image (Currently upgrading osd daemons)"
    assert upgrade_progress(healthy(), Target(IMAGE)) == ""


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (healthy(), "No upgrade is under way"),
        (upgraded(healthy(), "mgr"), "Both ways are open"),
        (under_way(healthy(), paused=True, message="Error: UPGRADE_X: y"), "is paused: Error: UPGRADE_X: y"),
        (under_way(healthy(), "reg/ceph@sha256:0123"), "An upgrade to ceph@0123 is under way"),
        (upgraded(healthy(), "mgr", "mon", "crash", "osd", "rgw"), "All daemons run the image"),
    ],
)
def test_what_comes_next_is_said(state: ClusterState, said: str) -> None:
    assert said in what_next(state, TARGET)
