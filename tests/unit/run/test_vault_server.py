from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from groundplane.errors import FailedError
from groundplane.run.vault_server import vault_server
from groundplane.runtime import vault_client

if TYPE_CHECKING:
    from pathlib import Path

CLIENT = [sys.executable, vault_client.__file__, "--vault-id", "groundplane"]


def ask(socket: Path | None) -> subprocess.CompletedProcess[bytes]:
    env = {} if socket is None else {"GROUNDPLANE_VAULT_SOCKET": str(socket)}
    return subprocess.run(CLIENT, env=env, capture_output=True, check=False)


def test_the_client_gets_the_password_as_often_as_it_asks(tmp_path: Path) -> None:
    with vault_server(tmp_path, b"open sesame") as socket:
        assert socket.stat().st_mode & 0o777 == 0o600
        assert [ask(socket).stdout for _ in range(3)] == [b"open sesame"] * 3
    assert not socket.exists()


def test_the_client_fails_when_the_engine_is_gone(tmp_path: Path) -> None:
    with vault_server(tmp_path, b"open sesame") as socket:
        pass
    answer = ask(socket)
    assert answer.returncode == 1
    assert b"does not answer" in answer.stderr


def test_the_client_says_that_it_is_not_meant_to_be_called_by_hand() -> None:
    answer = ask(None)
    assert answer.returncode == 1
    assert b"only groundplane can call this" in answer.stderr


def test_a_path_too_long_for_a_socket_is_told(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    with pytest.raises(FailedError, match="can't be made"), vault_server(folder, b"secret"):
        pass
