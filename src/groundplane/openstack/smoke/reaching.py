"""Reaching a server on its floating address from this machine: ping, and a login by ssh."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
SSH_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Reached:
    """Whether it worked; `told` is what the program said, on one line. `absent`: the program isn't on this machine."""

    good: bool
    told: str = ""
    absent: bool = False


def ping(address: str, *, count: int = 1, wait_seconds: int = 2) -> Reached:
    """Asks once a second; good where any answer came."""
    if shutil.which("ping", path=_ENVIRONMENT["PATH"]) is None:
        return Reached(good=False, told="this machine has no ping", absent=True)
    words = ["ping", "-n", "-q", "-c", str(count), "-W", str(wait_seconds), address]
    code, output, errors = _run(words, seconds=count + wait_seconds + 5)
    lines = [line for line in (output or errors).splitlines() if line.strip()]
    return Reached(code == 0, lines[-1].strip() if lines else "")


@dataclass(frozen=True, slots=True)
class Key:
    """A private key in memory, and the public one as sshd wants it."""

    file: Path
    public: str


@contextmanager
def temporary_key(memory: Path) -> Iterator[Key]:
    """An Ed25519 key in a private folder in memory, gone afterwards."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - heavy
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    memory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="smoke-", dir=memory) as folder:
        file = Path(folder) / "key"
        file.touch(mode=0o600)
        file.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
        yield Key(file, f"{public} groundplane-smoke")


def ssh(
    address: str, user: str, key: Key, words: Sequence[str], *, host_keys: Sequence[str], seconds: float = SSH_SECONDS
) -> Reached:
    """Runs a command there, and gives what it printed.

    Args:
        host_keys: "TYPE KEY": the only ones that the server may show, where there are any.
    """
    known = key.file.with_name("known_hosts")
    known.write_text("".join(f"{address} {host_key}\n" for host_key in host_keys), encoding="utf-8")
    options = {
        "BatchMode": "yes",
        "ConnectTimeout": "10",
        "IdentitiesOnly": "yes",
        "IdentityAgent": "none",
        "UserKnownHostsFile": str(known),
        "GlobalKnownHostsFile": "/dev/null",
        # Without keys from the console the first one that is shown has to do: the server is a minute old.
        "StrictHostKeyChecking": "yes" if host_keys else "accept-new",
        "LogLevel": "ERROR",
    }
    flags = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    if shutil.which("ssh", path=_ENVIRONMENT["PATH"]) is None:
        return Reached(good=False, told="this machine has no ssh", absent=True)
    # Without a configuration of the person's own, which may lead elsewhere.
    command = ["ssh", "-F", "/dev/null", *flags, "-i", str(key.file), f"{user}@{address}", *words]
    code, output, errors = _run(command, seconds=seconds)
    said = output.strip() if code == 0 else (errors.strip() or output.strip())
    return Reached(code == 0, " ".join(said.split()))


def _run(words: Sequence[str], *, seconds: float) -> tuple[int, str, str]:
    try:
        done = subprocess.run(
            list(words),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
            env=_ENVIRONMENT,
        )
    except subprocess.TimeoutExpired:
        return 124, "", f"no answer within {seconds:.0f} seconds"
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
