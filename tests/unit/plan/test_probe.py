from __future__ import annotations

import stat
import sys
from typing import TYPE_CHECKING

import pytest

from groundplane.plan.probe import probe_hosts
from groundplane.ssh import asking
from groundplane.ssh.connection import SshConnection
from tests.unit.layers.small_site import SmallSite, layer

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.plan.model import HostProbe

FAKE_SSH = """#!/bin/sh
# Stands in for ssh: what it answers hangs on the address and the user.
for word; do case $previous in -l) user=$word;; esac; previous=$word; done
host=; for word; do if [ "$seen" ]; then host=$word; break; fi; [ "$word" = -- ] && seen=1; done
case $host in
  operated) [ "$user" = groundplane ] || exit 9; echo "Welcome to $host"; exec PYTHON -I -;;
  fresh) [ "$user" = root ] || { echo "$user@fresh: Permission denied (publickey)." >&2; exit 255; }; exec PYTHON -I -;;
  closed) echo "$user@closed: Permission denied (publickey)." >&2; exit 255;;
  changed) echo "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!" >&2; exit 255;;
  unknown) echo "Host key verification failed." >&2; exit 255;;
  refused) echo "ssh: connect to host refused port 22: Connection refused" >&2; exit 255;;
  bare) echo "sh: 1: python3: not found" >&2; exit 127;;
  sudo) echo "sudo: a password is required" >&2; exit 1;;
  slow) exec sleep 30;;
esac
"""


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, HostProbe]:
    """What a probe of one host of each kind finds."""
    programs = tmp_path / "bin"
    programs.mkdir()
    ssh = programs / "ssh"
    ssh.write_text(FAKE_SSH.replace("PYTHON", sys.executable))
    ssh.chmod(ssh.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(asking, "ENVIRONMENT", {"PATH": f"{programs}:/usr/bin:/bin"})
    monkeypatch.setattr(asking, "SECONDS", 3.0)
    kinds = ["operated", "fresh", "closed", "changed", "unknown", "refused", "bare", "sudo", "slow"]
    small = SmallSite(
        tmp_path, {"layers": {"g": layer({"a": {}})}}, hosts={kind: {"ansible_host": kind} for kind in kinds}
    )
    connection = SshConnection(tmp_path / "known_hosts", tmp_path, None, None, 22)
    answered: list[str] = []
    result = probe_hosts(small.load(), kinds, connection, on_answer=lambda answer: answered.append(answer.host))
    assert sorted(answered) == sorted(kinds)
    return result


def test_each_kind_of_host(found: dict[str, HostProbe]) -> None:
    assert found["operated"].reachable
    assert found["operated"].user == "groundplane"
    assert found["fresh"].user == "root"
    errors = {host: answer.error for host, answer in found.items() if not answer.reachable}
    assert errors == {
        "closed": "the host lets neither groundplane nor root in with the site's key",
        "changed": "untrusted host: it shows another key than the pinned one",
        "unknown": "untrusted host: its key is not pinned",
        "refused": "connection refused",
        "bare": "the host has no python3",
        "sudo": "sudo does not let groundplane become root without a password",
        "slow": "no answer within 3 seconds",
    }
    assert found["slow"].seconds < 10
