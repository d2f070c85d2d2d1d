"""Gateways, file systems and what else an adopted cluster runs."""

from __future__ import annotations

from typing import Any

from groundplane.ceph.adopt.services import (
    adopted_filesystems,
    adopted_gateways,
    managed_osd_services,
    other_services,
)

from .existing_clusters import adopting_answers


def gateway(answers: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in answers["services"] if one["service_type"] == "rgw")
    return found


def test_the_layers_own_gateways_go_on() -> None:
    part = adopted_gateways(adopting_answers())
    assert part.values == {"ceph_gateway_port": 7480, "ceph_gateway_tls": False}
    assert part.notes == ()


def test_tls_and_its_usual_port() -> None:
    answers = adopting_answers()
    gateway(answers)["spec"] = {"ssl": True}
    part = adopted_gateways(answers)
    assert part.values == {"ceph_gateway_port": 443, "ceph_gateway_tls": True}
    assert part.notes == ("rgw.main is to show each host's own certificate, instead of the one it has.",)


def test_no_gateways_and_gateways_of_another_name() -> None:
    answers = adopting_answers()
    gateway(answers).update(service_id="eu", service_name="rgw.eu")
    part = adopted_gateways(answers)
    assert part.values == {"ceph_gateway_enabled": False}
    assert part.notes == ("The gateways rgw.eu stay as they are and are not looked after; the layer's are rgw.main.",)
    answers["services"] = []
    assert adopted_gateways(answers).notes == ()


def test_gateways_of_a_realm_can_not_become_the_layers() -> None:
    answers = adopting_answers()
    gateway(answers)["spec"] |= {"rgw_realm": "world", "rgw_zone": "eu"}
    (problem,) = adopted_gateways(answers).problems
    assert (
        problem.what
        == "the gateways rgw.main belong to the realm world and the zone eu, and the layer's belong to none"
    )


def test_file_systems_by_their_pools_names() -> None:
    answers = adopting_answers()
    answers["pools"] += [
        {"pool_id": number, "pool_name": name}
        for number, name in ((20, "cephfs.home.meta"), (21, "cephfs.home.data"), (22, "old_data"))
    ]
    own = {"fs_name": "home", "metadata_pool": 20, "data_pools": [21], "max_mds": 2}
    other = {"fs_name": "old", "metadata_pool": 20, "data_pools": [22], "max_mds": 1}
    answers["filesystem_map"] = {"filesystems": [{"mdsmap": own}, {"mdsmap": other}]}
    part = adopted_filesystems(answers)
    assert part.values == {"ceph_filesystems": [{"name": "home", "active": 2}]}
    assert part.notes == ("The file system old stays as it is and is not looked after: its pools have other names.",)
    assert adopted_filesystems(adopting_answers()).values == {}


def test_services_that_the_layer_does_not_know() -> None:
    answers = adopting_answers()
    assert other_services(answers) == ()
    answers["services"] += [{"service_type": kind, "service_name": kind} for kind in ("prometheus", "grafana")]
    assert other_services(answers) == ("Not looked after, and left as they are: grafana, prometheus.",)


def test_specifications_by_which_the_orchestrator_makes_osds() -> None:
    answers = adopting_answers()
    assert managed_osd_services(answers) == ("osd.lab", "osd.lab2", "osd.lab3")
    for service in answers["services"]:
        if service["service_name"] == "osd.lab2":
            service["unmanaged"] = True
    assert managed_osd_services(answers) == ("osd.lab", "osd.lab3")
