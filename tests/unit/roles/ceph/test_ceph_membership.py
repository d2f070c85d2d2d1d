from __future__ import annotations

import importlib
import pwd
import subprocess
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.roles.ceph.fake_cluster import CephError

if TYPE_CHECKING:
    from pathlib import Path

membership: Any = importlib.import_module("ceph_membership")

FSID = "11111111-1111-1111-1111-111111111111"
LINE = (
    'from="10.0.0.1,10.0.0.2",no-agent-forwarding,no-port-forwarding,no-X11-forwarding,no-pty'
    f" ssh-ed25519 QUFB ceph-{FSID}\n"
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    me = SimpleNamespace(pw_dir=str(tmp_path), pw_uid=tmp_path.stat().st_uid, pw_gid=tmp_path.stat().st_gid)
    monkeypatch.setattr(pwd, "getpwnam", lambda name: me if name == "cephadm" else pwd.getpwuid(10**9))
    return tmp_path


def test_the_key_is_worth_something_from_managers_alone() -> None:
    assert membership.key_line("ssh-ed25519 QUFB old-comment", ["10.0.0.1", "10.0.0.2"], FSID) == LINE


def test_the_key_is_the_only_one_and_written_once(home: Path) -> None:
    (home / ".ssh").mkdir()
    (home / ".ssh/authorized_keys").write_text("ssh-rsa anything\n")
    assert membership.let_in("cephadm", LINE, check=True)
    assert membership.let_in("cephadm", LINE, check=False)
    assert (home / ".ssh/authorized_keys").read_text() == LINE
    assert (home / ".ssh/authorized_keys").stat().st_mode & 0o777 == 0o600
    assert not membership.let_in("cephadm", LINE, check=False)


def test_a_missing_account_is_told(home: Path) -> None:
    with pytest.raises(CephError, match=r"groundplane apply ceph\.hosts"):
        membership.let_in("nobody-here", LINE, check=False)


def units_of(tmp_path: Path, *names: str) -> Path:
    for name in names:
        folder = tmp_path / FSID / name
        folder.mkdir(parents=True)
        (folder / "unit.run").touch()
    return tmp_path


def test_only_the_steps_own_daemons_are_looked_after(tmp_path: Path) -> None:
    data = units_of(tmp_path, "mon.node1", "osd.3", "crash.node1")
    assert membership.units(FSID, data) == [f"ceph-{FSID}@crash.node1.service", f"ceph-{FSID}@mon.node1.service"]


@pytest.mark.parametrize(("code", "fails"), [(0, False), (1, True)])
def test_daemons_that_stand_still_are_started(monkeypatch: pytest.MonkeyPatch, code: int, fails: bool) -> None:
    asked: list[list[str]] = []

    def run(words: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        asked.append(words)
        active = "active\nfailed\n" if words[1] == "is-active" else ""
        return subprocess.CompletedProcess(words, code if words[1] == "start" else 0, active, "no such image")

    mon, mgr = f"ceph-{FSID}@mon.node1.service", f"ceph-{FSID}@mgr.node1.x.service"
    monkeypatch.setattr(membership, "run", run)
    monkeypatch.setattr(membership, "units", lambda _fsid: [mon, mgr])
    if fails:
        with pytest.raises(CephError, match="can't be started: no such image"):
            membership.start_daemons(FSID)
    else:
        assert membership.start_daemons(FSID) == ["mgr.node1.x started, which stood still"]
        assert asked[1:] == [["systemctl", "reset-failed", mgr], ["systemctl", "start", mgr]]
