from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundplane.plan.wording import host_ranges, hosts_in_words, variable_in_words
from groundplane.site.host_patterns import expand_range
from tests.unit.layers.small_site import SmallSite, layer

if TYPE_CHECKING:
    from pathlib import Path

NODES = [f"node{number}" for number in range(1, 11)]


@pytest.mark.parametrize(
    ("hosts", "of", "words"),
    [
        (["node1"], [], "node1"),
        (["node1"], ["node1"], "node1"),
        (NODES, NODES, "all 10 hosts"),
        (NODES[:4], NODES[:4], "all 4 hosts"),
        (NODES[:3], NODES, "node1, node2, node3"),
        ([*NODES[:3], *NODES[4:]], NODES, "all but node4 (9 hosts)"),
        (NODES, [], "node[1:10] (10 hosts)"),
        ([*NODES[:5], "a", "b", "c", "d"], [], "node[1:5], a, b, c, … (9 hosts)"),
    ],
)
def test_hosts_in_few_words(hosts: list[str], of: list[str], words: str) -> None:
    assert hosts_in_words(hosts, of) == words


names = st.from_regex(r"\A[a-z]{1,2}[0-9]{0,3}[a-z]?\Z")


@given(st.lists(names, unique=True))
def test_ranges_mean_the_hosts_that_they_stand_for(hosts: list[str]) -> None:
    assert [host for part in host_ranges(hosts) for host in expand_range(part)] == hosts


@given(st.integers(0, 50), st.integers(3, 60), st.integers(1, 4))
def test_numbers_in_a_row_become_one_range(first: int, length: int, digits: int) -> None:
    hosts = [f"n{number:0{digits}d}" for number in range(first, first + length)]
    assert [host for part in host_ranges(hosts) for host in expand_range(part)] == hosts
    if len({len(host) for host in hosts}) == 1:
        assert len(host_ranges(hosts)) == 1


def test_changed_variables_show_value_and_place_and_secrets_neither(tmp_path: Path) -> None:
    small = SmallSite(
        tmp_path,
        {"layers": {"g": layer({"a": {}})}},
        hosts={"node1": {"size": 1}, "node2": {"size": 2}},
        all_vars={"zone": "UTC", "long": "x" * 100, "api_password": "open sesame"},
    )
    site = small.load({"vaulted": "open sesame"})
    both = ["node1", "node2"]
    assert variable_in_words(site, "zone", both).startswith('zone = "UTC" (inventory/hosts.yml:')
    assert variable_in_words(site, "size", ["node2"]).startswith("size = 2 (inventory/hosts.yml:")
    assert variable_in_words(site, "size", both) == "size (differs by host)"
    assert variable_in_words(site, "long", both).startswith("long (inventory/hosts.yml:")
    assert variable_in_words(site, "vaulted", both) == "vaulted (secret)"
    assert "sesame" not in variable_in_words(site, "api_password", both)
    assert variable_in_words(site, "hostvars.rack", both) == "rack of another host"
    assert variable_in_words(site, "groundplane_images.ceph", both) == "image ceph"
    assert "role's default" in variable_in_words(site, "gone", both)
