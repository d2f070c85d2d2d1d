"""A cluster's days: `./scripts/test storage`. In the order of the file; data is written and read meanwhile."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.command import ROOT, run
from tests.e2e.cluster import NODES, Cluster
from tests.e2e.conftest import engine_processes, kill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Lab, Stored

pytestmark = pytest.mark.storage

ALL_OSDS = dict.fromkeys(range(len(NODES)), (True, True))
LONGEST_WAIT = 60
"""Seconds that a client may hang where a host dies without a word; Ceph's monitors notice after 20 to 30."""


@pytest.fixture(scope="module")
def cluster(stored: Stored) -> Cluster:
    return Cluster(stored.lab)


def whole(cluster: Cluster) -> bool:
    return cluster.osds() == ALL_OSDS and cluster.clean()


def at_work(lab: Lab, pattern: str) -> list[str]:
    """The nodes on which a process matches; a letter of the pattern in brackets keeps it from matching itself."""
    count = f"pgrep --full --count '{pattern}' || true"
    return [host for host in NODES if lab.on(host, "sh", "-c", count).strip() != "0"]


def test_a_run_killed_while_osds_are_made_is_resumed(supplied: Lab) -> None:
    lab = supplied
    if lab.plan("ceph.osds")[1].keys() != {"ceph.hosts", "ceph.cluster", "ceph.osds"}:
        pytest.skip("there is a cluster already")
    process = lab.start("apply", "ceph", "--yes")

    def in_the_middle() -> bool:
        assert process.poll() is None, lab.started_output()
        return bool(at_work(lab, "[c]eph-volume.* (prepare|batch)"))

    lab.wait_for(in_the_middle, "a node that makes an OSD", 600)
    kill(process)
    time.sleep(3)
    assert engine_processes(lab) == []
    assert lab.newest_run()["state"] == "interrupted"
    resumed = lab.groundplane("apply", "--resume", "--yes")
    assert resumed.code == 0, str(resumed)
    answer, left = lab.plan("ceph")
    assert (answer.code, left) == (0, {})
    assert Cluster(lab).osds() == ALL_OSDS, "no id is left of what was half done"


def test_a_node_dies_and_comes_back_and_data_is_there_throughout(lab: Lab, cluster: Cluster) -> None:
    lab.wait_until_verified("ceph", seconds=240)
    with cluster.traffic() as met:
        stopped = lab.lab("stop", "--kill", "node2")
        assert stopped.code == 0, str(stopped)
        try:
            # Until the monitors noticed, only the host itself is missed.
            lab.wait_for(lambda: cluster.osds() != ALL_OSDS, "the monitors to notice", 120)
            red = lab.groundplane("verify", "ceph")
            assert red.code == 1, str(red)
            assert "node2" in red.out + red.err
            status = lab.groundplane("ceph", "status")
            assert status.code in {0, 1}, str(status)
            assert "node2" in status.out + status.err
        finally:
            started = lab.lab("start", "node2")
        assert started.code == 0, str(started)
        lab.wait_for(lambda: whole(cluster), "all copies", 300)
    lab.wait_until_verified("ceph", seconds=240)
    assert met.wrong == ()
    assert met.rounds > 50
    assert met.longest < LONGEST_WAIT


def test_a_dead_disk_is_replaced_under_the_same_id(lab: Lab, cluster: Cluster) -> None:
    number = next(osd["osd"] for osd in cluster.ask("osd", "dump")["osds"] if cluster.host_of(osd["osd"]) == "node3")
    before = cluster.osd(number)["uuid"]
    device = cluster.device_of(number, "node3")
    fsid = cluster.ask("fsid")["fsid"]
    with cluster.traffic() as met:
        lab.on("node3", "systemctl", "stop", f"ceph-{fsid}@osd.{number}.service")
        lab.on("node3", "dd", "if=/dev/zero", f"of={device}", "bs=1M", "count=64", "conv=fsync", "status=none")
        lab.wait_for(lambda: not cluster.osds()[number][0], "the OSD to be missed", 120)
        refused = lab.groundplane("ceph", "osd", "replace", f"osd.{number}", "--yes")
        assert refused.code == 2, str(refused)
        assert f"--confirm osd.{number}" in refused.err
        words = ("--yes", "--confirm", f"osd.{number}")
        replaced = lab.groundplane("ceph", "osd", "replace", f"osd.{number}", *words)
        assert replaced.code == 0, str(replaced)
        lab.wait_for(lambda: whole(cluster), "all copies", 300)
    assert cluster.osd(number)["uuid"] != before
    assert cluster.host_of(number) == "node3"
    assert met.wrong == ()
    assert met.longest < LONGEST_WAIT
    lab.wait_until_verified("ceph", seconds=240)
    assert lab.plan("ceph")[1] == {}


@pytest.fixture
def second_image(lab: Lab) -> Iterator[str]:
    """Another image named by images.lock, on all hosts; its digest. What images.lock said comes back afterwards."""
    files = [lab.site / "images.lock", lab.site / "images.lock.sig"]
    before = [file.read_bytes() for file in files]
    module = (sys.executable, "-m", "tests.e2e.second_image", f"second-{int(time.time())}")
    made = run(*module, cwd=lab.site, env={**lab.env, "PYTHONPATH": str(ROOT)}, timeout=300)
    assert made.code == 0, str(made)
    try:
        yield made.out.strip()
    finally:
        for file, content in zip(files, before, strict=True):
            file.write_bytes(content)


@pytest.mark.timeout(3600)
def test_an_upgrade_while_it_serves(lab: Lab, cluster: Cluster, second_image: str) -> None:
    first = cluster.digests()
    assert len(first) == 1
    applied = lab.groundplane("apply", "--yes")
    assert applied.code == 0, str(applied)
    assert cluster.digests() == first, "an apply upgrades nothing"
    red = lab.groundplane("verify", "ceph")
    assert red.code == 1, str(red)
    assert "groundplane upgrade ceph" in red.out + red.err
    with cluster.traffic() as met:
        upgraded = lab.groundplane("upgrade", "ceph", "--yes", timeout=1800)
        assert upgraded.code == 0, str(upgraded)
    assert cluster.digests() == {second_image}
    assert met.wrong == ()
    assert met.longest < LONGEST_WAIT
    lab.wait_until_verified("ceph", seconds=240)
    again = lab.groundplane("upgrade", "ceph", "--yes")
    assert again.code == 0, str(again)
    assert whole(cluster)


def test_the_way_back_from_an_upgrade(lab: Lab, cluster: Cluster) -> None:
    second = cluster.digests()
    applied = lab.groundplane("apply", "--yes")
    assert applied.code == 0, str(applied)
    back = lab.groundplane("upgrade", "ceph", "--yes", timeout=1800)
    assert back.code == 0, str(back)
    assert cluster.digests() != second
    lab.wait_until_verified("ceph", seconds=240)


def test_maintenance_is_cleared_also_after_a_kill(lab: Lab, cluster: Cluster) -> None:
    assert lab.groundplane("ceph", "maintenance", "set", "node3", "--yes").code == 0
    shown = lab.groundplane("ceph", "maintenance", "show")
    assert "node3" in shown.out, str(shown)
    red = lab.groundplane("verify", "ceph")
    assert red.code == 1, str(red)
    assert "node3" in red.out + red.err
    assert lab.groundplane("ceph", "maintenance", "clear", "node3", "--yes").code == 0
    lab.wait_until_verified("ceph", seconds=240)

    process = lab.start("ceph", "restart", "osd", "--yes")
    lab.wait_for(lambda: bool(cluster.host_flags()) or process.poll() is not None, "a host whose OSD restarts", 300)
    kill(process)
    assert process.returncode == -9, "it ended before it could be killed"
    again = lab.groundplane("ceph", "restart", "osd", "--yes")
    assert again.code == 0, str(again)
    assert cluster.host_flags() == {}
    lab.wait_until_verified("ceph", seconds=240)


@pytest.mark.usefixtures("stored")
def test_a_host_that_is_needed_cannot_be_drained(lab: Lab) -> None:
    refused = lab.groundplane("ceph", "host", "drain", "node3", "--yes")
    assert refused.code == 2, str(refused)
    assert "Nothing was changed" in refused.err
