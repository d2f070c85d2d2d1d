"""Hands the vault password to Ansible over a Unix socket: never a file, never an argument, never a variable."""

from __future__ import annotations

import os
import socket
import struct
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from groundplane.errors import FailedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VAULT_ID = "groundplane"
_CREDENTIALS = struct.Struct("3i")
_ANSWER_SECONDS = 10


@contextmanager
def vault_server(folder: Path, password: bytes) -> Iterator[Path]:
    """Answers everybody of our own user who connects to the socket, which is in `folder` (private, in memory).

    Yields the socket's path.

    Raises:
        FailedError: the path is too long for a Unix socket.
    """
    path = folder / "vault"
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        server.bind(str(path))
    except OSError as error:
        server.close()
        raise FailedError(
            f"The socket {path} can't be made", why=str(error), cure="Set XDG_RUNTIME_DIR to a shorter path."
        ) from error
    path.chmod(0o600)
    server.listen(16)
    thread = threading.Thread(target=_serve, args=(server, password), name="vault-password", daemon=True)
    thread.start()
    try:
        yield path
    finally:
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(_ANSWER_SECONDS)
        path.unlink(missing_ok=True)


def _serve(server: socket.socket, password: bytes) -> None:
    while True:
        try:
            client, _ = server.accept()
        except OSError:
            return
        with client, suppress(OSError):
            client.settimeout(_ANSWER_SECONDS)
            credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
            if _CREDENTIALS.unpack(credentials)[1] == os.getuid():
                client.sendall(password)
