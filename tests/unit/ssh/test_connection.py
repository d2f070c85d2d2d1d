from __future__ import annotations

import shlex
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from groundplane.content import toolkit_content
from groundplane.errors import FailedError, InputError
from groundplane.site.model import SshFile, SshIdentity
from groundplane.site.secrets.declared import load_declared
from groundplane.site.secrets.generate import generate
from groundplane.ssh.connection import SshConnection, open_connection

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = load_declared(toolkit_content(), ["bootstrap"])["operator_ssh_private_key"]


@pytest.fixture
def runtime() -> Iterator[Path]:
    """As short as the real one."""
    with tempfile.TemporaryDirectory(prefix="gp-") as folder:
        yield Path(folder) / "g"


def test_openssh_understands_the_options_as_they_are_meant(tmp_path: Path) -> None:
    site = tmp_path / "a site"
    connection = SshConnection(site / "inventory/known_hosts", tmp_path, tmp_path / "agent", None, 2222)
    seen = _effective(connection, "operator", "172.31.0.11")
    assert seen["user"] == "operator"
    assert seen["port"] == "2222"
    assert seen["stricthostkeychecking"] in {"true", "yes"}
    assert seen["userknownhostsfile"].strip('"') == str(site / "inventory/known_hosts")
    assert seen["globalknownhostsfile"] == "/dev/null"
    assert seen["batchmode"] == "yes"
    assert seen["identityagent"] == str(tmp_path / "agent")
    assert seen["controlmaster"] == "auto"
    assert seen["forwardagent"] == "no"


def test_a_key_file_is_used_alone() -> None:
    connection = SshConnection(Path("/k"), Path("/c"), None, Path("/home/me/key"), 22)
    seen = _effective(connection, "root", "h")
    assert seen["identityfile"] == "/home/me/key"
    assert seen["identitiesonly"] == "yes"
    assert connection.environment() == {}


def test_a_hosts_own_port_beats_the_sites() -> None:
    connection = SshConnection(Path("/k"), Path("/c"), None, None, 22)
    assert _effective(connection, "root", "h", 2200)["port"] == "2200"


def test_ansible_gets_the_same_words() -> None:
    connection = SshConnection(Path("/a b/k"), Path("/c"), Path("/s"), None, 22)
    assert shlex.split(connection.ansible_arguments()) == connection.shared_options()


def test_the_vaults_key_lives_in_an_agent_that_ends_with_the_run(tmp_path: Path, runtime: Path) -> None:
    secrets = {"operator_ssh_private_key": generate(SECRET)}
    with open_connection(tmp_path, SshFile(), runtime=runtime, ssh_auth_sock=None, secrets=secrets) as connection:
        words = ["env", *(f"{key}={value}" for key, value in connection.environment().items()), "ssh-add", "-L"]
        assert "ssh-ed25519" in subprocess.run(words, capture_output=True, text=True, check=True).stdout
        assert [path for path in runtime.rglob("*") if path.is_file()] == []
    assert list(runtime.iterdir()) == []


def test_a_memory_folder_with_too_long_a_name_is_told_instead_of_failing_in_ssh(tmp_path: Path) -> None:
    runtime = tmp_path / ("x" * 60)
    with (
        pytest.raises(FailedError, match="too long"),
        open_connection(tmp_path, SshFile(), runtime=runtime, ssh_auth_sock=None, secrets=None),
    ):
        pytest.fail("a socket that ssh can't make")
    usual = "/run/user/1000000/groundplane-1000000/s-abcdefgh"
    assert len(usual) + 58 <= 107


@pytest.mark.parametrize(
    ("ssh", "secrets", "message"),
    [
        (SshFile(), None, "is missing"),
        (SshFile(), {}, "is missing"),
        (SshFile(identity=SshIdentity.AGENT), None, "none runs"),
        (SshFile(identity=SshIdentity.FILE), None, "names no file"),
        (SshFile(identity=SshIdentity.FILE, private_key_file="nowhere"), None, "not there"),
    ],
)
def test_a_key_that_is_not_to_be_had_is_said_before_anything_is_done(
    tmp_path: Path, runtime: Path, ssh: SshFile, secrets: dict[str, str] | None, message: str
) -> None:
    with (
        pytest.raises(InputError, match=message) as told,
        open_connection(tmp_path, ssh, runtime=runtime, ssh_auth_sock=None, secrets=secrets),
    ):
        pytest.fail("a connection without a key")
    assert told.value.cure
    assert list(runtime.iterdir()) == []


def test_the_persons_agent_and_key_file_are_taken_as_they_are(tmp_path: Path, runtime: Path) -> None:
    (tmp_path / "key").write_text("x")
    ssh = SshFile(identity=SshIdentity.FILE, private_key_file="key")
    with open_connection(tmp_path, ssh, runtime=runtime, ssh_auth_sock=None, secrets=None) as connection:
        assert connection.identity_file == tmp_path / "key"
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(str(runtime / "mine"))
        with open_connection(
            tmp_path,
            SshFile(identity=SshIdentity.AGENT),
            runtime=runtime,
            ssh_auth_sock=str(runtime / "mine"),
            secrets=None,
        ) as connection:
            assert connection.auth_sock == runtime / "mine"


def _effective(connection: SshConnection, user: str, host: str, port: int | None = None) -> dict[str, str]:
    words = connection.command(user, host, port=port)
    seen = subprocess.run([words[0], "-G", *words[1:]], capture_output=True, text=True, check=True).stdout
    return dict(line.split(" ", 1) for line in seen.splitlines() if " " in line)
