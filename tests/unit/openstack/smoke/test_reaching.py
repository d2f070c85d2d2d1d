"""Ping and ssh, with programs that only pretend."""

from __future__ import annotations

import stat
import subprocess
from typing import TYPE_CHECKING

import pytest

from groundplane.openstack.smoke import reaching

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setitem(reaching._ENVIRONMENT, "PATH", f"{folder}:/usr/bin:/bin")
    return folder


def pretend(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def test_a_ping_tells_its_last_line(programs: Path) -> None:
    pretend(programs, "ping", "echo 3 packets; echo 'rtt min/avg = 0.5 ms'")
    assert reaching.ping("203.0.113.7", count=3) == reaching.Reached(good=True, told="rtt min/avg = 0.5 ms")
    pretend(programs, "ping", "echo '1 packets transmitted, 0 received'; exit 1")
    assert not reaching.ping("203.0.113.7").good


def test_a_machine_without_ping(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(reaching._ENVIRONMENT, "PATH", str(programs))
    assert reaching.ping("203.0.113.7").absent


def test_the_key_is_in_memory_for_a_while_and_ssh_is_bound_to_the_hosts_keys(programs: Path, tmp_path: Path) -> None:
    pretend(programs, "ssh", 'echo "$@"; cat "$(dirname "$(echo "$@" | sed "s/.*-i \\([^ ]*\\).*/\\1/")")/known_hosts"')
    with reaching.temporary_key(tmp_path / "memory") as key:
        assert key.file.stat().st_mode & 0o777 == 0o600
        assert key.file.parent.parent == tmp_path / "memory"
        derived = subprocess.run(
            ["ssh-keygen", "-y", "-f", str(key.file)], capture_output=True, text=True, check=True
        ).stdout
        assert key.public.split()[:2] == derived.split()[:2]
        words = ["uname", "-n"]
        told = reaching.ssh("203.0.113.7", "debian", key, words, host_keys=("ssh-ed25519 AAAA",))
        assert told.good
        assert "StrictHostKeyChecking=yes" in told.told
        assert told.told.endswith("debian@203.0.113.7 uname -n 203.0.113.7 ssh-ed25519 AAAA")
        assert "StrictHostKeyChecking=accept-new" in reaching.ssh("a", "b", key, words, host_keys=()).told
    assert not key.file.exists()


def test_what_ssh_says_when_it_is_refused(programs: Path, tmp_path: Path) -> None:
    pretend(programs, "ssh", "echo 'Permission denied (publickey).' >&2; exit 255")
    with reaching.temporary_key(tmp_path) as key:
        told = reaching.ssh("203.0.113.7", "debian", key, ["true"], host_keys=())
    assert told == reaching.Reached(good=False, told="Permission denied (publickey).")
