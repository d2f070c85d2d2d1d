"""What of a network of the site is left for the cloud."""

from __future__ import annotations

from typing import Any

import pytest

from groundplane.errors import InputError
from groundplane.platform.options import Subnet
from groundplane.platform.subnet_plan import plan_subnet

from .conftest import Desk  # noqa: TC001


def planned(desk: Desk, **options: Any) -> tuple[str, str | None, tuple[str, ...]]:
    found = plan_subnet(Subnet(name="s", **options), desk.site.networks)
    return found.cidr, found.gateway, found.pools


def test_hosts_virtual_addresses_and_the_gateway_keep_theirs(desk: Desk) -> None:
    cidr, gateway, pools = planned(desk, site_network="management")
    assert (cidr, gateway) == ("172.31.0.0/24", "172.31.0.1")
    # .5 and .6 are virtual addresses, .10 to .200 the hosts'.
    assert pools == ("172.31.0.2-172.31.0.4", "172.31.0.7-172.31.0.9", "172.31.0.201-172.31.0.254")


def test_what_is_written_wins(desk: Desk) -> None:
    written = {"gateway": "", "pools": ("172.31.0.220-172.31.0.230",), "dns": ("9.9.9.9",)}
    assert planned(desk, site_network="management", **written)[1:] == (None, ("172.31.0.220-172.31.0.230",))


def test_a_subnet_of_its_own_leaves_the_choice_to_neutron(desk: Desk) -> None:
    assert planned(desk, cidr="10.0.0.0/24") == ("10.0.0.0/24", "", ())
    assert planned(desk, cidr="fd00:7::/64")[0] == "fd00:7::/64"


def test_a_network_of_the_site_without_a_gateway_gives_its_first_address(desk: Desk) -> None:
    _, gateway, pools = planned(desk, site_network="tunnel")
    assert gateway == "fd00:1::1"
    assert pools[0].startswith("fd00:1::2-")


def test_another_gateway_is_nobodys_address(desk: Desk) -> None:
    assert planned(desk, site_network="management", gateway="172.31.0.3")[2][:2] == (
        "172.31.0.7-172.31.0.9",
        "172.31.0.201-172.31.0.254",
    )


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({}, "neither cidr nor site_network"),
        ({"site_network": "nowhere"}, "which there isn't"),
        ({"cidr": "10.0.0.0/33"}, "can't be"),
        ({"cidr": "10.0.0.0/24", "pools": ("10.0.1.1-10.0.1.9",)}, "leaves 10.0.0.0/24"),
        ({"cidr": "10.0.0.0/24", "pools": ("10.0.0.9-10.0.0.1",)}, "can't be"),
        ({"cidr": "10.0.0.0/24", "gateway": "gateway"}, "can't be"),
        ({"cidr": "10.0.0.0/24", "gateway": "10.0.1.1"}, "which isn't in 10.0.0.0/24"),
    ],
)
def test_what_cant_be(desk: Desk, options: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        planned(desk, **options)
