"""A process that holds a vault password in memory for a while, and answers nobody but its own user.

`groundplane secrets unlock` starts it, `groundplane secrets lock` or its time limit ends it. The password comes in
over standard input and goes out over a Unix socket of mode 0600, in a folder of mode 0700; both ends check the
other's user id. Protocol: the client sends one line, GET or LOCK; the agent answers with 4 bytes length (big endian)
and the password, or closes.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from groundplane.errors import FailedError
from groundplane.machine.memory import private_folder

_ANSWER_SECONDS: Final = 5.0
_PR_SET_DUMPABLE: Final = 4
_MCL_CURRENT: Final = 1
_LENGTH: Final = struct.Struct("!I")
_MAX_PASSWORD: Final = 65536


def agent_socket(runtime: Path, site_path: Path) -> Path:
    """Where the agent of a site listens; `runtime` is Settings.runtime. One agent per site folder."""
    digest = hashlib.sha256(str(site_path.resolve()).encode()).hexdigest()[:16]
    return runtime / "unlocked" / f"{digest}.sock"


def start_agent(listen_at: Path, password: bytes, *, seconds: int) -> None:
    """Starts the agent (in place of one that runs) and returns when it answers.

    Raises:
        FailedError: it didn't come up.
    """
    private_folder(private_folder(listen_at.parent.parent) / listen_at.parent.name)
    stop_agent(listen_at)
    process = subprocess.Popen(
        [sys.executable, "-m", "groundplane.site.secrets.password_agent", str(listen_at), str(seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
    out = b""
    if process.stdin is not None and process.stdout is not None:
        with process.stdin, process.stdout:
            process.stdin.write(_LENGTH.pack(len(password)) + password)
            process.stdin.close()
            out = process.stdout.read()
    if out != b"ready\n":
        process.wait()
        raise FailedError(
            "The agent that holds the vault password did not start", cure=f"Check {listen_at.parent}: is it writable?"
        )


def ask_agent(listen_at: Path) -> bytes | None:
    """The password that the agent holds, or None where none runs or its time is over."""
    return _call(listen_at, b"GET\n")


def stop_agent(listen_at: Path) -> bool:
    """Ends the agent; whether one was there."""
    ended = _call(listen_at, b"LOCK\n") is not None
    listen_at.unlink(missing_ok=True)
    return ended


def _call(listen_at: Path, request: bytes) -> bytes | None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(_ANSWER_SECONDS)
        try:
            client.connect(str(listen_at))
            if _peer_user(client) != os.getuid():
                return None
            client.sendall(request)
            header = _receive(client, _LENGTH.size)
            return None if header is None else _receive(client, _LENGTH.unpack(header)[0])
        except OSError:
            return None


def _receive(connection: socket.socket, count: int) -> bytes | None:
    """Exactly so many bytes, or None where the other side closed before."""
    got = b""
    while len(got) < count:
        part = connection.recv(count - len(got))
        if not part:
            return None
        got += part
    return got


def _peer_user(connection: socket.socket) -> int:
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, user, _ = struct.unpack("3i", credentials)
    return int(user)


def _serve(listen_at: Path, password: bytes, seconds: float) -> None:
    """Answers until the time is over or somebody locks."""
    # /proc/PID/mem and core files are then closed even to other processes of the same user.
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    # Keeps the password out of swap where the limit on locked memory allows it; where not, swap is the person's choice.
    libc.mlockall(_MCL_CURRENT)
    listen_at.unlink(missing_ok=True)
    # Counts the time asleep as well, so that a closed laptop locks in time.
    end = time.clock_gettime(time.CLOCK_BOOTTIME) + seconds
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        os.umask(0o177)
        server.bind(str(listen_at))
        ours = listen_at.stat().st_ino
        server.listen(8)
        os.write(1, b"ready\n")
        os.close(1)
        try:
            while (left := end - time.clock_gettime(time.CLOCK_BOOTTIME)) > 0:
                server.settimeout(left)
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    break
                with connection:
                    if time.clock_gettime(time.CLOCK_BOOTTIME) >= end or _answer(connection, password):
                        break
        finally:
            # A newer agent may listen under the same name already.
            if listen_at.exists() and listen_at.stat().st_ino == ours:
                listen_at.unlink(missing_ok=True)


def _answer(connection: socket.socket, password: bytes) -> bool:
    """Answers one client; whether it asked to lock."""
    connection.settimeout(_ANSWER_SECONDS)
    try:
        if _peer_user(connection) != os.getuid():
            return False
        request = connection.recv(16)
        if request == b"LOCK\n":
            connection.sendall(_LENGTH.pack(0))
            return True
        if request == b"GET\n":
            connection.sendall(_LENGTH.pack(len(password)) + password)
    except OSError:
        pass
    return False


def _main(arguments: list[str]) -> int:
    listen_at, seconds = Path(arguments[0]), float(arguments[1])
    header = sys.stdin.buffer.read(_LENGTH.size)
    length = _LENGTH.unpack(header)[0]
    if length > _MAX_PASSWORD:
        return 2
    password = sys.stdin.buffer.read(length)
    _serve(listen_at, password, seconds)
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
