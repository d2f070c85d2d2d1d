from __future__ import annotations

import fcntl
import importlib
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.roles.ceph.fake_cluster import CephError

if TYPE_CHECKING:
    from pathlib import Path

bootstrapping: Any = importlib.import_module("ceph_bootstrapping")
host_state: Any = importlib.import_module("ceph_host_state")

OURS, THEIRS = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
MONS = ["node1", "node2"]
PROGRAM = """#!/bin/sh
echo "$@" >> {calls}
case $1 in rm-cluster) exit 0;; esac
for word in "$@"; do test "$config" = next && config=$word; test "$word" = --config && config=next; done
cp "$config" {calls}.conf
{does}
"""


def state(**changed: Any) -> dict[str, Any]:
    return {"clusters": [], "administers": "", "member": "", "bootstrap": "", **changed}


def decide(absent: tuple[str, ...] = (), fsid: str = "", **states: dict[str, Any]) -> str:
    everyone = {"node1": state(), "node2": state(), **states}
    found: str = bootstrapping.decide(everyone, mons=MONS, absent=absent, fsid=fsid)
    return found


def test_hosts_without_any_cluster_get_one() -> None:
    assert decide() == ""


def test_a_member_tells_the_cluster_though_others_were_installed_anew() -> None:
    assert decide(node2=state(clusters=[OURS], member=OURS)) == OURS


def test_a_cluster_that_was_adopted_is_taken_as_it_is() -> None:
    assert decide(fsid=OURS, node1=state(clusters=[OURS], administers=OURS)) == OURS


def test_a_bootstrap_that_was_cut_off_goes_on() -> None:
    assert decide(node1=state(clusters=[OURS], administers=OURS, bootstrap=OURS)) == ""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"node1": state(member=OURS), "node2": state(member=THEIRS)}, "members of different clusters"),
        ({"fsid": THEIRS, "node1": state(member=OURS)}, "ceph_fsid"),
        ({"node2": state(clusters=[THEIRS])}, "groundplane ceph adopt"),
        ({"node2": state(administers=THEIRS)}, "groundplane ceph adopt"),
        ({"absent": ("node3",)}, "a second cluster must never be made"),
        ({"node2": state(bootstrap=OURS, clusters=[OURS])}, "begun on node2"),
    ],
)
def test_contradictions_and_unknown_clusters_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(CephError, match=said):
        decide(**given)


def test_without_a_monitor_there_is_no_cluster() -> None:
    with pytest.raises(CephError, match="No host is to run a monitor"):
        bootstrapping.decide({"node1": state()}, mons=[], absent=(), fsid="")


def asked(tmp_path: Path, does: str = 'echo "Bootstrap complete."') -> Any:
    program = tmp_path / "cephadm"
    program.write_text(PROGRAM.format(calls=tmp_path / "calls", does=does))
    program.chmod(0o755)
    return bootstrapping.Bootstrap(
        image="image@sha256:1",
        address="10.0.0.1",
        configuration={"osd": {"a": 1}, "mon": {"b": True}},
        program=str(program),
        notes=tmp_path / "notes",
    )


def calls(tmp_path: Path) -> list[str]:
    return (tmp_path / "calls").read_text().splitlines()


def test_a_cluster_is_made_with_its_first_settings(tmp_path: Path) -> None:
    fsid, changes = bootstrapping.bootstrap(asked(tmp_path))
    assert changes == [f"made the cluster {fsid}"]
    (call,) = calls(tmp_path)
    assert call.startswith(f"--image image@sha256:1 bootstrap --fsid {fsid} --mon-ip 10.0.0.1")
    conf = (tmp_path / "calls.conf").read_text()
    assert conf == "[osd]\na = 1\n[mon]\nmgr_initial_modules = cephadm iostat nfs\nb = true\n"
    # Forgotten only when the host is noted as a member.
    assert host_state.read_note("bootstrap.json", tmp_path / "notes") == {"fsid": fsid}
    bootstrapping.forget(tmp_path / "notes")
    bootstrapping.forget(tmp_path / "notes")
    assert host_state.read_note("bootstrap.json", tmp_path / "notes") == {}


def test_one_that_failed_is_removed_and_made_again(tmp_path: Path) -> None:
    with pytest.raises(CephError, match=r"ended with 3: ERROR: no room.*bootstrap\.log"):
        bootstrapping.bootstrap(asked(tmp_path, "echo 'ERROR: no room'; exit 3"))
    first = host_state.read_note("bootstrap.json", tmp_path / "notes")["fsid"]
    fsid, changes = bootstrapping.bootstrap(asked(tmp_path))
    assert changes[0].startswith(f"removed what was left of the bootstrap of {first}")
    assert calls(tmp_path)[1] == f"rm-cluster --force --fsid {first}"
    assert fsid != first


def test_one_that_ended_well_after_its_run_was_killed_is_taken_over(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    host_state.write_note("bootstrap.json", {"fsid": OURS}, notes)
    (notes / "bootstrap.log").write_text("…\nBootstrap complete.\n")
    fsid, changes = bootstrapping.bootstrap(asked(tmp_path))
    assert (fsid, changes) == (OURS, [f"took over the cluster {OURS}, which a run that was cut off had made"])
    assert not (tmp_path / "calls").exists()


def test_one_that_still_runs_is_waited_for(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    host_state.write_note("bootstrap.json", {"fsid": OURS}, notes)
    with (notes / "bootstrap.lock").open("a") as lock:
        fcntl.flock(lock.fileno(), fcntl.LOCK_EX)
        words = ["sh", "-c", f"sleep 0.7; echo 'Bootstrap complete.' > {notes / 'bootstrap.log'}"]
        process = subprocess.Popen(words, pass_fds=(lock.fileno(),))
    began = time.monotonic()
    _, changes = bootstrapping.bootstrap(asked(tmp_path))
    assert "took over" in changes[0]
    assert time.monotonic() - began > 0.5
    process.wait()


def test_the_lock_lives_as_long_as_the_program(tmp_path: Path) -> None:
    bootstrapping.bootstrap(asked(tmp_path, "(sleep 1.5 &) ; echo 'Bootstrap complete.'"))
    with (tmp_path / "notes" / "bootstrap.lock").open("a") as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
