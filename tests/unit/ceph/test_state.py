"""What a cluster's state says of itself."""

from __future__ import annotations

from groundplane.ceph.state import Capacity, Pool, as_data, is_clean

from .cluster_states import healthy


def test_pg_states_that_count_as_clean() -> None:
    assert is_clean("active+clean+scrubbing+deep")
    assert not is_clean("active+undersized+degraded")
    assert not is_clean("clean+peered")


def test_for_programs_everything_is_plain_and_raw_is_left_out() -> None:
    data = as_data(healthy(flags=frozenset({"noout", "noin"}), capacity=Capacity(3, 2, 1)))
    assert "raw" not in data
    assert data["flags"] == ["noin", "noout"]
    assert data["capacity"] == {"total": 3, "used": 2, "available": 1}
    assert data["osds"][0]["in"] is True
    assert set(data["pools"][0]) >= {name for name in Pool.__slots__ if name != "raw"}
