"""An ssh-agent of the run's own: the operator's key goes in over standard input and lives in memory only.

OpenSSH's agent runs beside a small process that waits on a pipe of ours. When we end, even by SIGKILL, the pipe
closes, that process ends, and the agent notices within ten seconds (its check of its parent) and ends as well.
"""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from groundplane.errors import FailedError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_WAIT_SECONDS = 10


@contextmanager
def run_agent(private_key: str, folder: Path) -> Iterator[Path]:
    """Starts an agent that holds the key; gives the socket. At the end the key is forgotten and the agent ended.

    `folder` has to be private and in memory.

    Raises:
        FailedError: no ssh-agent, or it doesn't start.
        InputError: the key can't be used.
    """
    sock = folder / "agent"
    command = ["ssh-agent", "-a", str(sock), "sh", "-c", 'echo "$SSH_AGENT_PID"; exec cat >/dev/null']
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    except FileNotFoundError as error:
        raise FailedError(
            "ssh-agent is missing", cure="Install OpenSSH's client: apt install openssh-client"
        ) from error
    agent_pid: int | None = None
    try:
        if process.stdout is not None:
            with process.stdout:
                line = process.stdout.readline().strip()
            agent_pid = int(line) if line.isdigit() else None
        if agent_pid is None:
            raise FailedError("ssh-agent did not start", cure=f"Call it yourself: ssh-agent -D -a {sock}.test")
        _add(sock, private_key)
        yield sock
    finally:
        if process.stdin is not None:
            process.stdin.close()
        if agent_pid is not None:
            with suppress(ProcessLookupError):
                os.kill(agent_pid, signal.SIGTERM)
        try:
            process.wait(_WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        sock.unlink(missing_ok=True)


def _add(sock: Path, private_key: str) -> None:
    """The key goes over standard input: neither an argument nor a file holds it."""
    words = ["env", f"SSH_AUTH_SOCK={sock}", "SSH_ASKPASS_REQUIRE=never", "ssh-add", "-q", "-"]
    done = subprocess.run(
        words,
        input=private_key.strip() + "\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=_WAIT_SECONDS,
        start_new_session=True,
    )
    if done.returncode != 0:
        raise InputError(
            "The operator's ssh key can't be used",
            why="ssh-add refuses it: it has to be a private key in OpenSSH's format without a pass phrase",
            cure="Look at operator_ssh_private_key: groundplane secrets edit",
        )
