"""Ceph's own answers, understood."""

from __future__ import annotations

from typing import Any

from groundplane.ceph.understanding import understand

from .cluster_states import DIGEST, FSID, IMAGE, answers, healthy


def test_a_healthy_cluster() -> None:
    state = healthy()
    assert state.fsid == FSID
    assert state.health.status == "HEALTH_OK"
    assert state.quorum == ("node1", "node2", "node3")
    assert state.mons[0].address == "172.31.0.11"
    assert state.mgr_active == "node1.snxtno"
    assert state.mgr_standbys == ("node2.totoez", "node3.uwahzw")
    assert state.clean
    assert state.flags == frozenset()
    assert state.versions["osd"] == {"18.2.7": 3}
    assert state.capacity.total == 3 * 32212254720
    assert state.speaker == "node1"


def test_osds_have_their_host_disk_and_use() -> None:
    state = healthy()
    osd = state.osd(1)
    assert osd is not None
    assert (osd.name, osd.host, osd.devices, osd.device_class) == ("osd.1", "node2", ("/dev/loop1",), "hdd")
    assert (osd.up, osd.in_, osd.destroyed, osd.size) == (True, True, False, 32212254720)
    assert state.osds_of("node2") == (osd,)
    assert state.osd(7) is None


def test_daemons_have_image_and_digests() -> None:
    daemon = next(daemon for daemon in healthy().daemons if daemon.name == "mon.node1")
    assert (daemon.type, daemon.host, daemon.status, daemon.version) == ("mon", "node1", "running", "18.2.7")
    assert daemon.image == IMAGE
    assert [name.rpartition("@")[2] for name in daemon.digests] == [DIGEST]


def test_pools_have_their_rule_and_room() -> None:
    volumes = next(pool for pool in healthy().pools if pool.name == "volumes")
    assert (volumes.type, volumes.size, volumes.min_size, volumes.application) == ("replicated", 3, 2, "rbd")
    assert (volumes.crush_rule, volumes.autoscale, volumes.available > 0) == ("replicated_rule", "off", True)


def test_services() -> None:
    services = {service.name: service for service in healthy().services}
    assert services["rgw.main"].ports == (7480,)
    assert (services["mon"].running, services["mon"].size, services["mon"].placement) == (3, 3, {"label": "mon"})
    assert services["osd.lab"].spec["data_devices"] == {"paths": ["/dev/loop0"]}


def test_an_osd_that_is_destroyed_or_flagged() -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["osd_dump"]["osds"][0] |= {"state": ["exists", "destroyed", "noout"], "up": 0, "in": 0, "weight": 0}
        raw["osd_dump"]["crush_node_flags"] = {"node2": ["noout", "noin"]}
        raw["osd_dump"]["flags_set"] = ["noout", "sortbitwise", "pauserd"]

    state = healthy(change)
    first = state.osds[0]
    assert (first.destroyed, first.up, first.in_, first.reweight) == (True, False, False, 0)
    assert first.flags == {"noout"}
    assert state.host_flags == {"node2": {"noout", "noin"}}
    assert state.flags == {"noout", "pauserd"}


def test_an_osd_that_stands_nowhere_is_on_the_host_that_it_booted_on() -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["osd_tree"] = {"nodes": [], "stray": []}

    assert [osd.host for osd in healthy(change).osds] == ["node1", "node2", "node3"]


def test_where_a_host_stands() -> None:
    def change(raw: dict[str, Any]) -> None:
        nodes = raw["osd_tree"]["nodes"]
        nodes[0]["children"] = [-20]
        nodes.append({"id": -20, "name": "z1", "type": "zone", "children": [-21]})
        nodes.append({"id": -21, "name": "r1", "type": "rack", "children": [-2]})

    state = healthy(change)
    host = state.host("node1")
    assert host is not None
    assert list(host.location.items()) == [("root", "default"), ("zone", "z1"), ("rack", "r1")]
    assert state.osds[0].host == "node1"


def test_health_with_details_and_mutes() -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["health"] = {
            "status": "HEALTH_WARN",
            "checks": {
                "OSD_DOWN": {
                    "severity": "HEALTH_WARN",
                    "summary": {"message": "1 osds down", "count": 1},
                    "detail": [{"message": "osd.1 is down "}],
                    "muted": False,
                }
            },
            "mutes": [{"code": "OSD_DOWN"}],
        }

    health = healthy(change).health
    assert health.checks == {"OSD_DOWN": "1 osds down"}
    assert health.detail == {"OSD_DOWN": ("osd.1 is down",)}
    assert health.severities == {"OSD_DOWN": "HEALTH_WARN"}
    assert health.muted == {"OSD_DOWN"}


def test_an_upgrade_under_way() -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["upgrade"] = {
            "target_image": "x@sha256:new",
            "in_progress": True,
            "services_complete": ["mgr"],
            "progress": "3/15 daemons upgraded",
            "message": "Currently upgrading mon daemons",
            "is_paused": True,
        }

    upgrade = healthy(change).upgrade
    assert (upgrade.in_progress, upgrade.paused, upgrade.target) == (True, True, "x@sha256:new")
    assert upgrade.services_complete == ("mgr",)


def test_without_a_manager_there_are_gaps() -> None:
    raw = answers()
    for name in ("daemons", "services", "hosts", "osd_df", "upgrade", "crashes"):
        del raw[name]
    raw["mgr"]["available"] = False
    state = understand(raw, unanswered={"daemons": "no manager is active"})
    assert state.mgr_active == ""
    assert (state.daemons, state.hosts, len(state.osds), state.osds[0].size) == ((), (), 3, 0)
    assert state.unanswered == {"daemons": "no manager is active"}
