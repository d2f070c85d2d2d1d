from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

host_state: Any = importlib.import_module("ceph_host_state")

GOOD = {
    "clusters": [],
    "administers": "",
    "member": "",
    "bootstrap": "",
    "hostname": "node1",
    "memory_mb": 64000,
    "addresses": ["10.0.0.1", "127.0.0.1"],
    "clock": "",
    "engine": "",
    "groups_let_in": [],
}
OURS, THEIRS = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"


def problems(**changed: Any) -> list[str]:
    fsid = changed.pop("fsid", "")
    found: list[str] = host_state.host_problems(
        {**GOOD, **changed}, name="node1", fsid=fsid, minimum_memory_mb=2000, addresses={"storage": "10.0.0.1"}
    )
    return found


def test_a_host_in_order_has_no_problem() -> None:
    assert problems() == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"hostname": "node1.example.org"}, "calls itself node1.example.org"),
        ({"memory_mb": 1999}, "1999 MiB of memory"),
        ({"clusters": [THEIRS]}, f"the Ceph cluster {THEIRS}, which isn't this site's"),
        ({"administers": THEIRS}, "groundplane ceph adopt"),
        ({"addresses": ["127.0.0.1"]}, "10.0.0.1 in the network storage"),
        ({"groups_let_in": ["operators"]}, "access_ssh_allow_groups"),
        ({"clock": "no time service runs"}, "no time service"),
        ({"engine": "the image x isn't on the host"}, "the image x"),
    ],
)
def test_what_keeps_ceph_from_working_is_named(changed: dict[str, Any], said: str) -> None:
    (problem,) = problems(**changed)
    assert said in problem


@pytest.mark.parametrize("known", [{"member": OURS}, {"bootstrap": OURS}, {"fsid": OURS}])
def test_the_sites_own_cluster_is_no_problem(known: dict[str, str]) -> None:
    assert problems(clusters=[OURS], administers=OURS, **known) == []


def test_another_cluster_beside_the_sites_own_is() -> None:
    assert problems(clusters=[OURS, THEIRS], member=OURS)


def test_all_problems_are_told_at_once() -> None:
    assert len(problems(hostname="x", memory_mb=1, clusters=[THEIRS])) == 3


def test_notes_are_written_once_and_survive_being_cut_off(tmp_path: Path) -> None:
    assert host_state.write_note("cluster.json", {"fsid": OURS}, tmp_path / "notes")
    assert not host_state.write_note("cluster.json", {"fsid": OURS}, tmp_path / "notes")
    assert host_state.read_note("cluster.json", tmp_path / "notes") == {"fsid": OURS}
    (tmp_path / "notes" / "cluster.json").write_text('{"fsid": "1')
    assert host_state.read_note("cluster.json", tmp_path / "notes") == {}


@pytest.mark.parametrize(
    ("tracking", "said"),
    [
        ("System time     : 0.000006121 seconds slow of NTP time\nLeap status     : Normal\n", ""),
        ("System time     : 3.5 seconds fast of NTP time\nLeap status     : Normal\n", "3.5 s fast"),
        ("Leap status     : Not synchronised\n", "not synchronised yet"),
        ("", ""),
    ],
)
def test_a_clock_that_is_off_is_told(tracking: str, said: str) -> None:
    found = host_state.tracking_problem(tracking)
    assert said in found
    assert bool(found) is bool(said)
