"""Networks, subnets and routers."""

from __future__ import annotations

from typing import Any

import pytest

from groundplane.errors import FailedError
from groundplane.platform.networks import Networks
from groundplane.platform.scopes import Scopes

from .conftest import Desk  # noqa: TC001

PUBLIC: dict[str, Any] = {
    "name": "public",
    "external": True,
    "provider": "flat",
    "physical_network": "physnet1",
    "subnets": [{"name": "public", "site_network": "management", "pools": ["172.31.0.220-172.31.0.230"]}],
}
INNER: dict[str, Any] = {"name": "inner", "subnets": [{"name": "inner", "cidr": "10.7.0.0/24", "dns": ["9.9.9.9"]}]}
ROUTER: dict[str, Any] = {"name": "way", "external": "public", "subnets": ["inner"]}


def networks(desk: Desk) -> Networks:
    return Networks(desk.site, desk.asked, desk.cloud, Scopes(desk.cloud))


def applied(desk: Desk) -> None:
    desk.declare(networks=[PUBLIC, INNER], routers=[ROUTER])
    desk.apply(networks)
    _complete(desk)


def _complete(desk: Desk) -> None:
    """What Neutron adds of its own."""
    for one in desk.cloud.lists["networks"].values():
        one.setdefault("mtu", 1442)
    for one in desk.cloud.lists["subnets"].values():
        one.setdefault("gateway_ip", "10.7.0.1")
        one.setdefault("allocation_pools", [{"start": "10.7.0.2", "end": "10.7.0.254"}])


def test_a_provider_network_a_network_and_a_router_between_them(desk: Desk) -> None:
    desk.declare(networks=[PUBLIC, INNER], routers=[ROUTER])
    told = desk.apply(networks)
    assert [line.partition(":")[0] for line in told] == [
        "Network public",
        "Subnet public",
        "Network inner",
        "Subnet inner",
        "Router way",
    ]
    public, subnet = desk.cloud.named("networks", "public"), desk.cloud.named("subnets", "public")
    assert (public["router:external"], public["provider:physical_network"]) == (True, "physnet1")
    assert subnet["allocation_pools"] == [{"start": "172.31.0.220", "end": "172.31.0.230"}]
    assert subnet["gateway_ip"] == "172.31.0.1"
    router = desk.cloud.named("routers", "way")
    assert router["external_gateway_info"] == {"network_id": public["id"]}
    port = next(iter(desk.cloud.lists["ports"].values()))
    assert port["fixed_ips"] == [{"subnet_id": desk.cloud.named("subnets", "inner")["id"]}]


def test_applied_again_it_changes_nothing(desk: Desk) -> None:
    applied(desk)
    calls = list(desk.cloud.calls)
    assert all(line.endswith(": ok") for line in desk.apply(networks))
    assert desk.cloud.calls == calls


def test_drift_is_put_right(desk: Desk) -> None:
    applied(desk)
    desk.cloud.named("networks", "inner")["shared"] = True
    desk.cloud.named("subnets", "inner")["dns_nameservers"] = ["1.1.1.1"]
    desk.cloud.lists["ports"].clear()
    told = desk.apply(networks)
    assert "Network inner: changed (shared yes → no)" in told
    assert "Subnet inner: changed (name servers 1.1.1.1 → 9.9.9.9)" in told
    assert "Router way: changed (subnets none → inner)" in told
    assert desk.cloud.named("networks", "inner")["shared"] is False


def test_what_carries_a_network_is_never_changed_in_place(desk: Desk) -> None:
    applied(desk)
    desk.declare(networks=[{**PUBLIC, "provider": "vlan", "segment": 7}, INNER], routers=[ROUTER])
    with pytest.raises(FailedError, match="can't be changed in place") as caught:
        desk.apply(networks)
    assert "no type and no segment" in caught.value.why
    # What hangs on it is passed over, what doesn't is done.
    assert "Subnet public: skipped (the network public isn't as declared)" in desk.told
    assert "Network inner: ok" in desk.told


def test_a_network_of_the_same_name_in_another_project_is_none_of_ours(desk: Desk) -> None:
    desk.cloud.add("networks", name="inner", project_id="other", shared=True)
    desk.declare(networks=[INNER])
    assert desk.apply(networks)[0] == "Network inner: changed (made)"


def test_a_router_without_its_network_says_what_to_declare(desk: Desk) -> None:
    desk.declare(networks=[INNER], routers=[ROUTER])
    with pytest.raises(FailedError, match="can't have its gateway in public") as caught:
        desk.apply(networks)
    assert "platform_networks" in caught.value.cure


def test_pruned_in_the_order_in_which_it_can_be(desk: Desk) -> None:
    applied(desk)
    desk.cloud.add("networks", name="theirs", project_id="admin", description="x")
    desk.declare(prune=["networks", "routers"])
    desk.apply(networks)
    assert desk.cloud.names("networks") == ["theirs"]
    assert desk.cloud.lists["ports"] == {}
    assert desk.cloud.names("routers") == []


def test_without_contact_to_its_project_a_network_is_missing(desk: Desk) -> None:
    desk.declare(networks=[{**INNER, "project": "nobody"}])
    assert desk.state(networks)["network inner"] == "missing"
    with pytest.raises(FailedError, match="no project nobody"):
        desk.apply(networks)
