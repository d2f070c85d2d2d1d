"""Bytes through a command on a host, with a local shell in ssh's place."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, cast

import pytest

from groundplane.errors import CancelledError
from groundplane.ssh.piping import CommandError, UnreachableError, pipe_through

from ..site.conftest import SiteFolder, site_folder  # noqa: TID252

if TYPE_CHECKING:
    from groundplane.ssh.connection import SshConnection

__all__ = ["site_folder"]

ECHO = "sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1])"


class Local:
    """Runs a line of Python here, by the user who asks."""

    def __init__(self, program: str, **of_users: str) -> None:
        self.words: list[tuple[str, ...]] = []
        self._program = program
        self._of_users = of_users

    def command(self, user: str, _address: str, *words: str, port: int | None = None) -> list[str]:
        self.words.append((user, *words))
        return [sys.executable, "-c", f"import sys, time; {self._of_users.get(user, self._program)}"]

    def environment(self) -> dict[str, str]:
        return {}


def through(folder: SiteFolder, local: Local, data: bytes = b"", stopped: bool = False) -> bytes:
    words = ("docker", "exec", "-i", "mariadb", "bash", "-c", "read -r it; cat")
    return pipe_through(folder.load(), "node1", cast("SshConnection", local), words, data, stopped=lambda: stopped)


def test_bytes_go_in_and_come_out(site_folder: SiteFolder) -> None:
    local = Local(ECHO)
    big = bytes(range(256)) * 4096
    assert through(site_folder, local, big) == big[::-1]
    [(user, *words)] = local.words
    assert words[-7:] == ["docker", "exec", "-i", "mariadb", "bash", "-c", "'read -r it; cat'"]
    assert (words[:2] == ["sudo", "-n"]) == (user != "root")


def test_a_command_that_fails_says_why(site_folder: SiteFolder) -> None:
    with pytest.raises(CommandError) as failed:
        through(site_folder, Local("print('no such container', file=sys.stderr); sys.exit(7)"), b"x" * 10_000_000)
    assert (failed.value.why, failed.value.code) == ("no such container", 7)


def test_a_host_that_is_away_is_told_apart_from_it(site_folder: SiteFolder) -> None:
    with pytest.raises(UnreachableError, match="node1 can't be asked") as failed:
        through(site_folder, Local("print('Connection refused', file=sys.stderr); sys.exit(255)"))
    assert failed.value.why == "connection refused"


def test_a_fresh_host_lets_the_initial_user_in(site_folder: SiteFolder) -> None:
    denied = "print('Permission denied (publickey).', file=sys.stderr); sys.exit(255)"
    local = Local(ECHO, **{site_folder.load().file.ssh.operator: denied})
    assert through(site_folder, local, b"abc") == b"cba"
    assert len(local.words) == 2


def test_whoever_stops_it_does_not_wait(site_folder: SiteFolder) -> None:
    with pytest.raises(CancelledError):
        through(site_folder, Local("time.sleep(60)"), stopped=True)
