"""How pools, users and file systems stand, from a host's answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from groundplane.ceph.configuration import CephConfiguration, CephUser, Filesystem, Pool
from groundplane.ceph.standing import question, standing, understand
from groundplane.errors import FailedError
from groundplane.ssh.asking import HostAnswer

if TYPE_CHECKING:
    from tests.unit.site.conftest import SiteFolder

ROLES = Path(__file__).resolve().parents[3] / "roles"
CONFIGURATION = CephConfiguration(
    pools=(Pool(name="images"), Pool(name="vms")),
    users=(
        CephUser(name="glance", caps={}),
        CephUser(name="nova", caps={}),
        CephUser(name="manila", caps={}, only_with_filesystems=True),
    ),
)


def pool(name: str, **more: Any) -> dict[str, Any]:
    return {
        "pool_name": name,
        "rule": "replicated_rule",
        "type": 1,
        "size": 3,
        "min_size": 2,
        "pg_autoscale_mode": "on",
        "quota_max_bytes": 0,
        "application_metadata": {"rbd": {}},
        **more,
    }


FOUND: dict[str, Any] = {
    "fsid": "1",
    "pools": [pool("images", quota_max_bytes=7), pool("theirs"), pool("cephfs.shares.data", type=3, size=6)],
    "users": {"client.glance": {"osd": "profile  rbd pool=images", "mon": "profile rbd"}, "client.theirs": {}},
    "filesystems": [{"fs_name": "shares", "max_mds": 1, "standby_count_wanted": 2}],
}


def test_what_the_site_names_is_told_and_nothing_else() -> None:
    told = understand(CONFIGURATION, FOUND)
    assert told["ceph.pools"] == {
        "cluster's pool images": "3 copies, 2 at least; rule replicated_rule; autoscale on; for rbd; 7 bytes at most",
        "cluster's pool vms": "missing",
    }
    assert told["ceph.users"] == {
        "cluster's user glance": "mon profile rbd; osd profile rbd pool=images",
        "cluster's user nova": "missing",
    }
    assert told["ceph.filesystems"] == {}


def test_file_systems_are_told_with_their_data_pool() -> None:
    told = understand(CephConfiguration(filesystems=(Filesystem(name="shares"), Filesystem(name="b"))), FOUND)
    shares, other = told["ceph.filesystems"].values()
    assert shares.startswith("1 active; 2 standing by; data: 6 parts")
    assert other == "missing"


def test_the_script_is_python() -> None:
    compile(question(ROLES).decode(), "script", "exec")


@pytest.mark.parametrize("steps", [["ceph.pools"], ["ceph.users", "ceph.filesystems"]])
def test_only_the_steps_asked_for_are_told(
    ceph_site: SiteFolder, monkeypatch: pytest.MonkeyPatch, steps: list[str]
) -> None:
    answer = HostAnswer("node1", reachable=True, data=FOUND)
    monkeypatch.setattr("groundplane.ceph.asking.ask_first", lambda *_args, **_more: {"node1": answer})
    assert list(standing(ceph_site.load(), cast("Any", None), steps)) == steps


def test_a_cluster_that_nobody_can_speak_for_is_told(ceph_site: SiteFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    data = {"clusters": ["1"], "fsid": "1", "error": "timed out", "unanswered": {}}
    answer = HostAnswer("node1", reachable=True, data=data)
    monkeypatch.setattr("groundplane.ceph.asking.ask_first", lambda *_args, **_more: {"node1": answer})
    with pytest.raises(FailedError, match="No host can speak"):
        standing(ceph_site.load(), cast("Any", None), ["ceph.pools"])
