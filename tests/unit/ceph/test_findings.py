"""What is said of a cluster, besides what it says of itself."""

from __future__ import annotations

from dataclasses import replace

from groundplane.ceph.configuration import CephConfiguration, Devices, DriveGroup
from groundplane.ceph.findings import CURES, findings, wanted_osds
from groundplane.ceph.state import Health, Upgrade
from groundplane.findings import Severity

from .cluster_states import IMAGE, healthy, host_down, osd_down

NODES = ("node1", "node2", "node3")
ONE_DISK = (DriveGroup(name="disks", data_devices=Devices(paths=("/dev/sdb",))),)
ASKED = CephConfiguration(
    image=IMAGE,
    mon_hosts=NODES,
    mgr_hosts=NODES,
    osd_hosts=NODES,
    gateway_hosts=NODES,
    hosts=NODES,
    drive_groups=dict.fromkeys(NODES, ONE_DISK),
)


def told(*given: object) -> list[str]:
    return [finding.what for finding in findings(*given)]  # type: ignore[arg-type]


def test_a_healthy_cluster_that_has_all_that_was_asked_for_says_nothing() -> None:
    assert findings(healthy(), ASKED) == ()


def test_cephs_own_complaints_come_with_details_and_cures_the_worst_first() -> None:
    state = healthy(
        health=Health(
            "HEALTH_ERR",
            {"OSD_DOWN": "1 osds down", "OSD_FULL": "1 full osd(s)", "NEW_CHECK": "something new"},
            {"OSD_DOWN": ("osd.1 (root=default,host=node2) is down",)},
            {"OSD_DOWN": "HEALTH_WARN", "OSD_FULL": "HEALTH_ERR", "NEW_CHECK": "HEALTH_WARN"},
            frozenset({"NEW_CHECK"}),
        )
    )
    full, down, new = findings(state, ASKED)
    assert (full.code, full.severity, full.cure) == ("OSD_FULL", Severity.ERROR, CURES["OSD_FULL"])
    assert down.details == ("osd.1 (root=default,host=node2) is down",)
    assert (new.what, new.severity) == ("something new (muted)", Severity.NOTE)
    assert "ceph health detail" in new.cure


def test_a_host_that_is_down_is_told_once_each_by_ceph_and_by_us() -> None:
    found = told(host_down(), ASKED)
    assert "2 of 3 managers run" in found
    assert "no gateway runs on node3" in found
    assert "1 osds down" in found
    assert not any(what.startswith("osd.2") for what in found)


def test_health_ok_with_an_osd_down_and_out_lies() -> None:
    state = replace(osd_down(1), health=Health("HEALTH_OK"), pg_states={"active+clean": 49})
    (found,) = findings(state, ASKED)
    assert found.what == "osd.1 on node2 is down and out"
    assert found.cure == "Bring it back, or with a new disk: groundplane ceph osd replace osd.1"


def test_osds_that_the_site_asks_for_and_are_missing() -> None:
    more = replace(
        ASKED,
        drive_groups={
            **ASKED.drive_groups,
            "node3": (DriveGroup(name="d", data_devices=Devices(paths=("/dev/sdb", "/dev/sdc"))),),
        },
    )
    assert told(healthy(), more) == ["node3 has 1 of the 2 OSDs that the site asks for"]


def test_how_many_osds_a_host_should_have_is_known_by_paths_alone() -> None:
    group = DriveGroup(name="d", data_devices=Devices(paths=("/dev/a", "/dev/b"), limit=1), osds_per_device=2)
    assert wanted_osds(replace(ASKED, drive_groups={"node1": (group,)}), "node1") == 2
    filtered = DriveGroup(name="d", data_devices=Devices(rotational=True))
    assert wanted_osds(replace(ASKED, drive_groups={"node1": (filtered,)}), "node1") is None
    assert wanted_osds(replace(ASKED, drive_groups={}), "node1") == 0


def test_monitors_where_none_are_wanted_and_the_other_way_round() -> None:
    found = told(healthy(), replace(ASKED, mon_hosts=("node1", "node2", "node4.example")))
    assert "no monitor on node4.example, where the site wants one" in found
    assert "a monitor on node3, where the site wants none" in found


def test_flags_that_were_left_and_who_set_them() -> None:
    state = healthy(
        flags=frozenset({"noout", "norebalance"}),
        host_flags={"node1": frozenset({"noout"}), "node2": frozenset({"noout"})},
        markers={"groundplane/maintenance/node1": "{}"},
        osds=tuple(replace(osd, flags=frozenset({"noin"})) if osd.id == 0 else osd for osd in healthy().osds),
    )
    assert told(state, ASKED) == [
        "the whole cluster has the flags noout, norebalance",
        "the OSDs of node2 have the flag noout, and Groundplane did not set it",
        "osd.0 has the flag noin",
        "the OSDs of node1 have the flag noout",
    ]


def test_another_image_than_the_locks_is_a_matter_for_upgrade() -> None:
    (found,) = findings(healthy(), replace(ASKED, image="registry.example/ceph@sha256:other"))
    assert found.what == "15 daemons of 15 run another image than images.lock's"
    assert (found.severity, found.cure) == (Severity.NOTE, "groundplane upgrade ceph")
    assert findings(healthy(), replace(ASKED, image="")) == ()
    # The same image under another registry's name.
    assert findings(healthy(), replace(ASKED, image=f"elsewhere/ceph@{IMAGE.rpartition('@')[2]}")) == ()


def test_an_upgrade_under_way_is_no_fault_but_a_paused_one_is_to_be_known() -> None:
    upgrade = Upgrade(in_progress=True, target="x@sha256:new", progress="3/15 daemons upgraded")
    (found,) = findings(healthy(upgrade=upgrade), replace(ASKED, image="x@sha256:new"))
    assert (found.severity, found.what) == (
        Severity.NOTE,
        "an upgrade to x@sha256:new is under way: 3/15 daemons upgraded",
    )
    (found,) = findings(healthy(upgrade=replace(upgrade, paused=True)), ASKED)
    assert (found.severity, found.cure) == (Severity.WARNING, "groundplane upgrade ceph --resume")


def test_several_versions() -> None:
    state = healthy(versions={"mon": {"18.2.7": 3}, "osd": {"18.2.4": 1, "18.2.7": 2}})
    assert told(state, ASKED) == ["daemons of several versions run: 18.2.4, 18.2.7"]


def test_what_could_not_be_asked_is_said() -> None:
    state = healthy(
        unanswered={"daemons": "no manager is active", "services": "no manager is active"}, daemons=(), mgr_active=""
    )
    assert told(state, ASKED) == [
        "no manager is active",
        "not known: daemons, services, because no manager is active",
    ]
