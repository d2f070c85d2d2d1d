"""What the environment says; the only place that reads it. Everything below gets plain arguments."""

from __future__ import annotations

import getpass
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from groundplane.errors import InputError

SSH_WORDS = 4


@dataclass(frozen=True, slots=True)
class Settings:
    """Folders by the XDG base directory specification, and the few variables that we read."""

    cache: Path
    """Downloads, wheels, images: may be deleted at any time."""
    state: Path
    """Labs."""
    config: Path
    """Vault passwords of labs, mode 0700."""
    runtime: Path
    """A folder in memory (tmpfs), mode 0700, for what must not touch a disk."""
    vault_password_file: Path | None
    ssh_auth_sock: str | None
    holder: str
    """USER@HOST, for locks and the journal."""
    reached_as: str
    """USER@ADDRESS by which the person came here over ssh; else `holder`."""


def settings() -> Settings:
    """Reads the environment once."""
    env = os.environ
    home = Path(env.get("HOME") or "~").expanduser()
    memory = Path(env.get("XDG_RUNTIME_DIR") or "/dev/shm")  # noqa: S108 - memory, and the folder is ours alone
    vault = env.get("GROUNDPLANE_VAULT_PASSWORD_FILE")
    user, host = getpass.getuser(), socket.gethostname()
    # sshd(8), ENVIRONMENT: the client's address and port, the server's address and port.
    ssh = (env.get("SSH_CONNECTION") or "").split()
    return Settings(
        cache=Path(env.get("XDG_CACHE_HOME") or home / ".cache") / "groundplane",
        state=Path(env.get("XDG_STATE_HOME") or home / ".local/state") / "groundplane",
        config=Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "groundplane",
        runtime=memory / f"groundplane-{os.getuid()}",
        vault_password_file=Path(vault).expanduser() if vault else None,
        ssh_auth_sock=env.get("SSH_AUTH_SOCK"),
        holder=f"{user}@{host}",
        reached_as=f"{user}@{ssh[2] if len(ssh) == SSH_WORDS else host}",
    )


def find_site(given: str | None) -> Path:
    """The site's folder: the one given, else the nearest one above here with a site.yml.

    Raises:
        InputError: there is none.
    """
    if given is not None:
        path = Path(given).expanduser().resolve()
        if not (path / "site.yml").is_file():
            raise InputError(f"{path} is not a site: it has no site.yml", cure=f"groundplane init {path}")
        return path
    here = Path.cwd()
    for path in (here, *here.parents):
        if (path / "site.yml").is_file():
            return path
    raise InputError(
        f"There is no site here: neither {here} nor a folder above it has a site.yml",
        cure="Go to a site's folder, name it with --site DIR, or make one: groundplane init DIR",
    )
