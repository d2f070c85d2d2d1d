"""Services of the catalogue besides Kolla's."""

from __future__ import annotations

from groundplane.platform.services import Services

from .conftest import Desk  # noqa: TC001

S3 = {"name": "s3", "type": "object-store-s3", "endpoints": {"public": "https://s3.test", "internal": "http://in"}}


def services(desk: Desk) -> Services:
    return Services(desk.site, desk.asked, desk.cloud)


def test_a_service_with_its_endpoints_in_the_sites_region(desk: Desk) -> None:
    desk.declare(services=[S3])
    assert desk.apply(services) == ["Service s3: changed (made)"]
    endpoints = list(desk.cloud.lists["endpoints"].values())
    assert {(one["interface"], one["url"], one["region_id"]) for one in endpoints} == {
        ("public", "https://s3.test", "RegionOne"),
        ("internal", "http://in", "RegionOne"),
    }
    assert desk.apply(services) == ["Service s3: ok"]


def test_an_endpoint_that_somebody_changed_or_removed_is_put_right(desk: Desk) -> None:
    desk.declare(services=[S3])
    desk.apply(services)
    for one in list(desk.cloud.lists["endpoints"].values()):
        if one["interface"] == "public":
            one["url"] = "https://wrong"
        else:
            del desk.cloud.lists["endpoints"][one["id"]]
    told = desk.apply(services)
    why = "internal endpoint none → http://in; public endpoint https://wrong → https://s3.test"
    assert told == [f"Service s3: changed ({why})"]
    assert desk.apply(services) == ["Service s3: ok"]


def test_the_same_name_with_another_type_is_another_service(desk: Desk) -> None:
    desk.cloud.add("services", name="s3", type="s3")
    desk.declare(services=[S3])
    assert desk.apply(services) == ["Service s3: changed (made)"]


def test_s3_is_declared_where_ceph_has_gateways(desk: Desk) -> None:
    desk.declare(scs=False)
    desk.folder.toolkit("environments/openstack/defaults.yml", "enable_ceph_rgw: true\nkolla_external_fqdn: api.test\n")
    declared = desk.asked.services
    assert [(one.type, one.endpoints["public"]) for one in declared] == [("object-store-s3", "http://api.test:6780")]


def test_pruned(desk: Desk) -> None:
    desk.declare(services=[S3])
    desk.apply(services)
    desk.declare(services=[], prune=["services"])
    assert desk.apply(services) == ["Service s3: changed (no longer declared: removed)"]
