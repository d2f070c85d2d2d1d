"""How the engine, the probe and Ansible all reach a host: same key, same pinned host keys, one shared connection."""

from __future__ import annotations

import shlex
import subprocess
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError, InputError, Place
from groundplane.machine.memory import temporary_private_folder
from groundplane.site.model import SshFile, SshIdentity
from groundplane.ssh.agent import run_agent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OPERATOR_KEY = "operator_ssh_private_key"
KNOWN_HOSTS = Path("inventory") / "known_hosts"
_BATCH = 50
_LONGEST_SOCKET = 107
_ADDED_BY_SSH = 58
"""A slash, %C (40), and a temporary name's dot and 16 characters."""
_WAIT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class SshConnection:
    """What every ssh of a run has in common."""

    known_hosts: Path
    control_dir: Path
    """Sockets of shared connections, in memory; gone at the end of the run."""
    auth_sock: Path | None
    """The agent that holds the key: the run's own, or the person's."""
    identity_file: Path | None
    port: int

    def shared_options(self) -> list[str]:
        """Words for ssh that hold for every host, without user and port: also what Ansible gets as ssh arguments.

        Host keys are checked against the site's own file and nothing else. Nothing asks: a key that doesn't fit is an
        error. ServerAlive notices a dead host within half a minute.
        """
        settings = {
            "BatchMode": "yes",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": _quoted(self.known_hosts),
            "GlobalKnownHostsFile": "/dev/null",
            "UpdateHostKeys": "no",
            "VerifyHostKeyDNS": "no",
            "CheckHostIP": "no",
            "PreferredAuthentications": "publickey",
            "ForwardAgent": "no",
            "ConnectTimeout": "10",
            "ServerAliveInterval": "10",
            "ServerAliveCountMax": "3",
            "ControlMaster": "auto",
            "ControlPersist": "60s",
            "ControlPath": _quoted(self.control_dir / "%C"),
        }
        if self.identity_file is not None:
            settings |= {"IdentityFile": _quoted(self.identity_file), "IdentitiesOnly": "yes", "IdentityAgent": "none"}
        else:
            settings["IdentityFile"] = "none"
            if self.auth_sock is not None:
                settings["IdentityAgent"] = _quoted(self.auth_sock)
        return [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]

    def options(self, user: str, host: str, port: int | None = None) -> list[str]:
        """Words between `ssh` and the destination: the shared options, the user and the port.

        `host` is the address that is going to be contacted; `port` the host's own, where it has one.
        """
        del host  # every host has the same options today; callers already say which one it is about
        return [*self.shared_options(), "-l", user, "-p", str(port or self.port)]

    def command(self, user: str, host: str, *words: str, port: int | None = None) -> list[str]:
        """A whole ssh command; `words` are what the host's shell gets."""
        return ["ssh", *self.options(user, host, port), "--", host, *words]

    def ansible_arguments(self) -> str:
        """The shared options as one string, for ANSIBLE_SSH_ARGS or ansible_ssh_common_args."""
        return shlex.join(self.shared_options())

    def environment(self) -> dict[str, str]:
        """Variables for child processes; a socket's path, never a key."""
        return {} if self.auth_sock is None else {"SSH_AUTH_SOCK": str(self.auth_sock)}


@contextmanager
def open_connection(
    site_path: Path,
    ssh: SshFile,
    *,
    runtime: Path,
    ssh_auth_sock: str | None,
    secrets: Mapping[str, Any] | None,
) -> Iterator[SshConnection]:
    """Everything that ssh needs for a run; closes shared connections and ends the agent afterwards.

    `runtime` is Settings.runtime, `ssh_auth_sock` the person's agent (Settings.ssh_auth_sock), `secrets` the opened
    secrets (only read with identity: vault).

    Raises:
        InputError: the key is not to be had from where site.yml says it is.
        FailedError: ssh-agent is missing, or the memory folder can't be trusted or has too long a name.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(temporary_private_folder(runtime, "s-"))
        if len(str(folder)) + _ADDED_BY_SSH > _LONGEST_SOCKET:
            raise FailedError(
                f"The folder for connections, {folder}, has too long a name",
                why=f"a Unix socket's path has {_LONGEST_SOCKET} bytes at most, and ssh adds {_ADDED_BY_SSH}",
                cure="Set XDG_RUNTIME_DIR to a shorter one, for example /dev/shm.",
            )
        auth_sock: Path | None = None
        identity_file: Path | None = None
        match ssh.identity:
            case SshIdentity.VAULT:
                auth_sock = stack.enter_context(run_agent(_operator_key(site_path, secrets), folder))
            case SshIdentity.AGENT:
                auth_sock = _persons_agent(site_path, ssh_auth_sock)
            case SshIdentity.FILE:
                identity_file = _key_file(site_path, ssh.private_key_file)
        connection = SshConnection(
            known_hosts=site_path / KNOWN_HOSTS,
            control_dir=folder,
            auth_sock=auth_sock,
            identity_file=identity_file,
            port=ssh.port,
        )
        try:
            yield connection
        finally:
            _close_shared(folder)


def _operator_key(site_path: Path, secrets: Mapping[str, Any] | None) -> str:
    key = (secrets or {}).get(OPERATOR_KEY)
    if not isinstance(key, str) or not key.strip():
        why = "the secrets were not opened" if secrets is None else f"secrets.yml has no {OPERATOR_KEY}"
        raise InputError(
            "The operator's ssh key is missing",
            why=why,
            cure="groundplane secrets init makes it; or say in site.yml, under ssh, identity: agent or identity: file.",
            place=Place(site_path / "secrets.yml"),
        )
    return key


def _persons_agent(site_path: Path, ssh_auth_sock: str | None) -> Path:
    if not ssh_auth_sock or not Path(ssh_auth_sock).is_socket():
        raise InputError(
            "site.yml takes the ssh key from your ssh-agent (ssh.identity: agent), and none runs",
            why=f"SSH_AUTH_SOCK is {ssh_auth_sock or 'not set'}",
            cure="eval $(ssh-agent) && ssh-add",
            place=Place(site_path / "site.yml"),
        )
    return Path(ssh_auth_sock)


def _key_file(site_path: Path, named: str | None) -> Path:
    if named is None:
        raise InputError(
            "site.yml says ssh.identity: file and names no file",
            cure="Add private_key_file under ssh.",
            place=Place(site_path / "site.yml"),
        )
    path = site_path / Path(named).expanduser()
    if not path.is_file():
        raise InputError(
            f"The ssh key {path} is not there",
            why="ssh.private_key_file in site.yml names it",
            cure="Put the key there (mode 0600), or name another one.",
            place=Place(site_path / "site.yml"),
        )
    return path


def _close_shared(folder: Path) -> None:
    """Ends the shared connections' processes; some at a time, because there may be a thousand."""
    sockets = [path for path in folder.iterdir() if path.name != "agent" and path.is_socket()]
    for start in range(0, len(sockets), _BATCH):
        asked = [
            subprocess.Popen(
                ["ssh", "-O", "exit", "-o", f"ControlPath={_quoted(path)}", "groundplane"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for path in sockets[start : start + _BATCH]
        ]
        for process in asked:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_WAIT_SECONDS)
            if process.poll() is None:
                process.kill()
                process.wait()


def _quoted(path: Path) -> str:
    """A path as a value of ssh's -o: in quotes where it has spaces, so that it stays one word."""
    text = str(path)
    return f'"{text}"' if " " in text else text
