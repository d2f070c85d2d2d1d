from __future__ import annotations

import stat
import time
from pathlib import Path

from groundplane.site.secrets.password_agent import agent_socket, ask_agent, start_agent, stop_agent

PASSWORD = b"planted-agent-password-41af"


def test_it_answers_until_it_is_locked(tmp_path: Path) -> None:
    sock = agent_socket(tmp_path / "rt", tmp_path / "site")
    assert ask_agent(sock) is None
    start_agent(sock, PASSWORD, seconds=60)
    try:
        assert ask_agent(sock) == PASSWORD
        assert stat.S_IMODE(sock.stat().st_mode) == 0o600
        assert stat.S_IMODE(sock.parent.stat().st_mode) == 0o700
    finally:
        assert stop_agent(sock)
    assert ask_agent(sock) is None
    assert not sock.exists()
    assert not stop_agent(sock)


def test_it_forgets_when_its_time_is_over(tmp_path: Path) -> None:
    sock = agent_socket(tmp_path / "rt", tmp_path / "site")
    start_agent(sock, PASSWORD, seconds=1)
    assert ask_agent(sock) == PASSWORD
    deadline = time.monotonic() + 10
    while sock.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert ask_agent(sock) is None


def test_a_second_unlock_takes_the_place_of_the_first(tmp_path: Path) -> None:
    sock = agent_socket(tmp_path / "rt", tmp_path / "site")
    start_agent(sock, b"old", seconds=60)
    start_agent(sock, b"new", seconds=60)
    try:
        assert ask_agent(sock) == b"new"
    finally:
        stop_agent(sock)


def test_two_sites_have_two_agents(tmp_path: Path) -> None:
    assert agent_socket(tmp_path, tmp_path / "a") != agent_socket(tmp_path, tmp_path / "b")


def test_the_password_is_in_no_process_list_and_no_file(tmp_path: Path) -> None:
    sock = agent_socket(tmp_path / "rt", tmp_path / "site")
    start_agent(sock, PASSWORD, seconds=60)
    try:
        for process in Path("/proc").glob("[0-9]*"):
            for name in ("cmdline", "environ"):
                try:
                    assert PASSWORD not in (process / name).read_bytes()
                except OSError:
                    continue
        assert [file for file in tmp_path.rglob("*") if file.is_file()] == []
    finally:
        stop_agent(sock)
