"""One command on one host, as root: bytes in, bytes out. Nothing of either touches a disk here.

What must stay secret goes in over standard input; the command's words are seen in process lists.
"""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING

from groundplane.errors import CancelledError, FailedError
from groundplane.ssh.asking import ENVIRONMENT, failure, is_denied, root_command, users_to_try

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from groundplane.site.site import Site
    from groundplane.ssh.connection import SshConnection

POLL_SECONDS = 0.25
SSH_FAILED = 255


class CommandError(FailedError):
    """The host was reached, and the command failed.

    Attributes:
        code: its exit code.
        lines: what it said on standard error; the last one is in `why`.
    """

    def __init__(self, what: str, *, lines: tuple[str, ...], code: int) -> None:
        super().__init__(what, why=lines[-1] if lines else f"it ended with code {code}")
        self.lines = lines
        self.code = code


class UnreachableError(FailedError):
    """The host couldn't be asked; `why` says why."""


def pipe_through(
    site: Site,
    host: str,
    connection: SshConnection,
    words: Sequence[str],
    data: bytes = b"",
    *,
    stopped: Callable[[], bool] = lambda: False,
) -> bytes:
    """Runs `words` on the host with `data` as standard input; its standard output.

    Raises:
        UnreachableError: the host can't be reached, or lets nobody in.
        CommandError: the command failed.
        CancelledError: `stopped` said so; the command was ended.
    """
    user, code, output, errors = "", SSH_FAILED, b"", ""
    for user in users_to_try(site):
        code, output, errors = _run(
            root_command(site, connection, user, host, *map(shlex.quote, words)), data, connection, stopped
        )
        if not is_denied(code, errors):
            break
    if code == 0:
        return output
    if code == SSH_FAILED or "sudo:" in errors:
        raise UnreachableError(f"{host} can't be asked", why=failure(user, code, errors))
    lines = tuple(line.strip() for line in errors.splitlines() if line.strip())
    raise CommandError(f"A command failed on {host}", lines=lines, code=code)


def _run(
    command: Sequence[str], data: bytes, connection: SshConnection, stopped: Callable[[], bool]
) -> tuple[int, bytes, str]:
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**ENVIRONMENT, **connection.environment()},
        # In a session of its own: Ctrl-C is for us, and we end it.
        start_new_session=True,
    ) as process:
        given: bytes | None = data
        while True:
            try:
                output, errors = process.communicate(given, timeout=POLL_SECONDS)
            except subprocess.TimeoutExpired:
                given = None
                if stopped():
                    process.kill()
                    raise CancelledError("The work was stopped") from None
            else:
                return process.returncode, output, errors.decode(errors="replace")
