"""Two labs, and a lab and everything else, never share addresses."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundplane.errors import InputError
from groundplane.lab.networks import choose_subnets, podman_networks, route_networks

POOL = IPv4Network("172.31.0.0/17")
SECOND = IPv4Network("10.231.0.0/16")


def test_the_lowest_free_ones_are_taken() -> None:
    taken = [IPv4Network("172.31.0.0/23"), IPv4Network("172.31.3.128/25")]
    assert choose_subnets([POOL], taken, 3) == [
        IPv4Network("172.31.2.0/24"),
        IPv4Network("172.31.4.0/24"),
        IPv4Network("172.31.5.0/24"),
    ]


def test_a_pool_that_the_machine_lives_in_makes_room_for_the_next() -> None:
    assert choose_subnets([POOL, SECOND], [IPv4Network("172.31.0.0/16")], 1) == [IPv4Network("10.231.0.0/24")]


def test_a_lab_never_spans_two_pools() -> None:
    almost_full = list(POOL.subnets(new_prefix=24))[:-1]
    assert all(subnet.subnet_of(SECOND) for subnet in choose_subnets([POOL, SECOND], almost_full, 2))


def test_no_room_is_an_error_with_a_cure() -> None:
    with pytest.raises(InputError, match="no 3 free networks") as refused:
        choose_subnets([POOL], [IPv4Network("172.16.0.0/12")], 3)
    assert "lab" in refused.value.cure


@given(
    st.lists(
        st.tuples(st.ip_addresses(v=4, network="172.31.0.0/16"), st.integers(18, 32)).map(
            lambda pair: IPv4Network(f"{pair[0]}/{pair[1]}", strict=False)
        ),
        max_size=12,
    ),
    st.integers(1, 6),
)
def test_what_is_chosen_overlaps_nothing(taken: list[IPv4Network], count: int) -> None:
    chosen = choose_subnets([POOL, SECOND], taken, count)
    assert len(set(chosen)) == count
    assert not any(subnet.overlaps(other) for subnet in chosen for other in taken)


def test_routes_and_idle_container_networks_count() -> None:
    assert route_networks(
        [{"dst": "default"}, {"dst": "192.0.2.0/24"}, {"dst": "198.51.100.7"}, {"dst": "fd00::/64"}]
    ) == [
        IPv4Network("192.0.2.0/24"),
        IPv4Network("198.51.100.7/32"),
    ]
    assert podman_networks(
        [{"name": "a", "subnets": [{"subnet": "10.88.0.0/16"}, {"subnet": "fd01::/64"}]}, {"name": "host"}]
    ) == [IPv4Network("10.88.0.0/16")]
