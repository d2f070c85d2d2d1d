"""What a cluster leaves on a host, and its removal."""

from __future__ import annotations

import importlib
import json
import subprocess
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

cleaning: Any = importlib.import_module("ceph_host_cleaning")
CephError: Any = importlib.import_module("ceph_session").CephError
FSID = "70b3c8a6-e58e-11f1-a6ba-0267ac1f010b"


class Host:
    """Folders of a host, and the programs that are run on it."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.notes, self.data, self.conf, self.home = (root / name for name in ("notes", "data", "conf", "home"))
        self.ran: list[list[str]] = []
        self.containers = ""
        self.failure = ""
        for folder in (self.notes / "watch", self.notes / "ceph", self.data / FSID, self.conf, self.home / ".ssh"):
            folder.mkdir(parents=True)
        monkeypatch.setattr(cleaning, "CONF", self.conf)
        monkeypatch.setattr(cleaning, "run", self.run)
        monkeypatch.setattr(cleaning.pwd, "getpwnam", self.account)

    def run(self, words: list[str], **_more: object) -> subprocess.CompletedProcess[str]:
        self.ran.append(words)
        if words[0] == "docker":
            return subprocess.CompletedProcess(words, 0, self.containers, "")
        return subprocess.CompletedProcess(words, 1 if self.failure else 0, "", self.failure)

    def account(self, name: str) -> SimpleNamespace:
        if name != "cephadm":
            raise KeyError(name)
        return SimpleNamespace(pw_dir=str(self.home))

    def clean(self, *, account: str = "cephadm", check: bool = False) -> list[str]:
        found: list[str] = cleaning.clean(FSID, account, "cephadm", check=check, notes=self.notes, data=self.data)
        return found


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    found = Host(tmp_path, monkeypatch)
    (found.home / ".ssh" / "authorized_keys").write_text(f"ssh-ed25519 AAAA ceph-{FSID}\nssh-ed25519 BBBB operator\n")
    (found.notes / "ceph" / "cluster.json").write_text(json.dumps({"fsid": FSID}))
    for step in ("bootstrap.kernel", "ceph.hosts", "ceph.osds"):
        (found.notes / "watch" / f"{step}.json").write_text("{}")
    return found


ALL = [
    "the cluster's files, keys and units",
    "the orchestrator's key",
    "the note watch/ceph.hosts.json",
    "the note watch/ceph.osds.json",
    "the note ceph/cluster.json",
]


def test_files_keys_and_notes_go_and_others_stay(host: Host) -> None:
    assert host.clean() == ALL
    assert host.ran[-1] == ["cephadm", "rm-cluster", "--force", "--fsid", FSID]
    assert (host.home / ".ssh" / "authorized_keys").read_text() == "ssh-ed25519 BBBB operator\n"
    assert [path.name for path in (host.notes / "watch").iterdir()] == ["bootstrap.kernel.json"]
    (host.data / FSID).rmdir()
    assert host.clean() == []


def test_check_mode_removes_nothing(host: Host) -> None:
    assert host.clean(check=True) == ALL
    assert [words[0] for words in host.ran] == ["docker"]
    assert host.clean(check=True) == ALL


def test_a_configuration_that_names_the_cluster_is_enough(host: Host) -> None:
    (host.data / FSID).rmdir()
    (host.conf / "ceph.conf").write_text(f"[global]\n\tfsid = {FSID}\n")
    assert host.clean(account="nobody")[0] == "the cluster's files, keys and units"


def test_the_note_of_another_cluster_stays(host: Host) -> None:
    (host.notes / "ceph" / "cluster.json").write_text('{"fsid": "other"}')
    assert "the note ceph/cluster.json" not in host.clean()


def test_a_host_where_a_daemon_runs(host: Host) -> None:
    host.containers = f"ceph-{FSID}-osd-2\n"
    with pytest.raises(CephError, match="osd-2 still runs here"):
        host.clean()


def test_cephadm_that_fails(host: Host) -> None:
    host.failure = "Traceback\nlocked\n"
    with pytest.raises(CephError, match="cephadm rm-cluster: locked"):
        host.clean()
