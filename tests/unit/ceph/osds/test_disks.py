"""Hosts asked for their disks with the role's own code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from groundplane.ceph.configuration import Devices, DriveGroup
from groundplane.ceph.osds.disks import known_osds, question, sources_of, understand_disks
from groundplane.ssh.asking import HostAnswer

from ..cluster_states import FSID, healthy  # noqa: TID252

ROLES = Path(__file__).resolve().parents[4] / "roles"
GROUP = DriveGroup(name="disks", data_devices=Devices(paths=("/dev/no-such-disk",)))


def test_the_role_s_code_runs_on_a_host_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "lsblk").write_text("#!/bin/sh\necho '{\"blockdevices\": []}'\n")
    (tmp_path / "lsblk").chmod(0o755)
    script = question(sources_of(ROLES), [GROUP], healthy(), ("/dev/none",))
    done = subprocess.run(
        [sys.executable, "-I", "-"], input=script, capture_output=True, check=False, env={"PATH": f"{tmp_path}:/bin"}
    )
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stdout)
    assert found["groundplane_disks"] == 1
    assert "/dev/no-such-disk doesn't exist" in found["refusal"]
    assert found["disks"] == []


def test_the_cluster_s_osds_are_told_as_the_role_tells_them() -> None:
    state = healthy()
    (first, *_) = known_osds(state)
    assert first == {
        "id": state.osds[0].id,
        "uuid": state.osds[0].uuid,
        "up": True,
        "in": True,
        "unborn": False,
        "destroyed": False,
        "host": state.osds[0].host,
        "device_class": state.osds[0].device_class,
    }


def test_an_answer_is_understood() -> None:
    part = {"osd_id": 3, "uuid": "u3", "fsid": FSID, "role": "block", "finished": True}
    disk = {
        "path": "/dev/sdb",
        "described": "/dev/sdb (1 TB)",
        "aliases": ["/dev/disk/by-id/a"],
        "size": 5,
        "rotational": True,
        "osds": [part],
        "contents": ["osd.3 u3"],
        "empty": False,
        "busy": "",
    }
    data = {
        "disks": [disk],
        "named": {"/dev/disk/by-id/a": "/dev/sdb"},
        "others": {},
        "new": [],
        "refusal": "",
        "intended": [],
        "replaceable": [],
    }
    found = understand_disks("node1", HostAnswer("node1", reachable=True, data=data))
    assert found.disks_of(3, FSID) == found.disks
    assert found.disks_of(3, "another") == ()
    assert found.disk("/dev/disk/by-id/a") == found.disks[0]


def test_a_host_that_cant_be_asked_says_why() -> None:
    assert understand_disks("node1", HostAnswer("node1", reachable=False, error="no answer")).error == "no answer"
    assert understand_disks("node1", HostAnswer("node1", reachable=True, data={"error": "size"})).error == "size"
    assert understand_disks("node1", HostAnswer("node1", reachable=True)).error == "it gave no answer"
