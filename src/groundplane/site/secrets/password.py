"""Where the vault password comes from: a file, a command, an agent; never the command line.

Order: the override (GROUNDPLANE_VAULT_PASSWORD_FILE), then site.yml's vault block, then the agent that
`groundplane secrets unlock` started, then a question where somebody can be asked.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from groundplane.errors import InputError
from groundplane.site.secrets.password_agent import ask_agent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from groundplane.site.model import VaultFile

_COMMAND_SECONDS: Final = 120
"""A password manager may wait for a person to touch a key."""


class VaultPassword(bytes):
    """The password; never shows itself in a message, a log or a debugger's variables."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "VaultPassword(hidden)"

    __str__ = __repr__


def find_vault_password(
    site_file: VaultFile,
    *,
    site_name: str,
    override: Path | None,
    agent_socket: Path,
    site_path: Path | None = None,
    ask: Callable[[], str] | None = None,
) -> VaultPassword:
    """The vault password of the site.

    `agent_socket` comes from `password_agent.agent_socket`. Relative names in site.yml start at `site_path`. `ask`
    is called last, where a terminal is at hand. A source that is named and doesn't answer is an error; the next
    one isn't tried, because a wrong password found by accident is harder to understand.

    Raises:
        InputError: no source, or one that gives nothing.
    """
    base = site_path or Path.cwd()
    if override is not None:
        return read_password_file(override, client_id=site_name, named_by="GROUNDPLANE_VAULT_PASSWORD_FILE")
    if site_file.password_file is not None:
        named = base / Path(site_file.password_file).expanduser()
        return read_password_file(named, client_id=site_name, named_by="vault.password_file in site.yml")
    if site_file.password_command is not None:
        return run_password_command(site_file.password_command, cwd=site_path)
    held = ask_agent(agent_socket)
    if held is not None:
        return VaultPassword(held)
    if ask is not None:
        return typed_password(ask())
    raise InputError(
        f"The vault password of the site {site_name} is needed, and nothing gives it",
        why="no GROUNDPLANE_VAULT_PASSWORD_FILE, no vault block in site.yml, and no agent holds it",
        cure="groundplane secrets unlock (holds it in memory for a while), or name a file or a command in site.yml, "
        "under vault.",
    )


def read_password_file(path: Path, *, client_id: str, named_by: str = "") -> VaultPassword:
    """The password in a file; an executable file is run and prints it, as with Ansible.

    A program whose name ends in -client (before the extension) gets `--vault-id CLIENT_ID`, as with Ansible.

    Raises:
        InputError: missing, unreadable, empty, or the program failed.
    """
    named = f" (named by {named_by})" if named_by else ""
    try:
        if not path.is_file():
            raise InputError(
                f"The vault password file {path} is not there{named}",
                cure="Put the site's vault password into it (mode 0600), or name another file.",
            )
        if os.access(path, os.X_OK):
            client = ["--vault-id", client_id] if path.stem.endswith("-client") else []
            return run_password_command([str(path.absolute()), *client], cwd=None)
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"The vault password file {path} can't be read{named}",
            why=error.strerror or str(error),
            cure=f"Check its owner and mode: ls -l {path}",
        ) from error
    return _not_empty(content, f"The vault password file {path}")


def run_password_command(command: Sequence[str], *, cwd: Path | None) -> VaultPassword:
    """What a command prints, without white space around it.

    Its standard error is the person's terminal, so that a password manager can ask there.

    Raises:
        InputError: not found, failed, too slow, or printed nothing.
    """
    if not command:
        raise InputError("vault.password_command in site.yml has no words", cure='Write for example ["pass", "cloud"].')
    cure = f"Call it yourself and see what it says: {' '.join(command)}"
    try:
        done = subprocess.run(list(command), stdout=subprocess.PIPE, cwd=cwd, check=False, timeout=_COMMAND_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise InputError(
            f"The vault password command {command[0]} gave no answer in {_COMMAND_SECONDS} s", cure=cure
        ) from error
    except OSError as error:
        raise InputError(
            f"The vault password command {command[0]} can't be run", why=error.strerror or str(error), cure=cure
        ) from error
    if done.returncode != 0:
        raise InputError(
            f"The vault password command {command[0]} failed", why=f"its exit code is {done.returncode}", cure=cure
        )
    return _not_empty(done.stdout, f"The vault password command {command[0]}")


def typed_password(text: str) -> VaultPassword:
    """A password that a person typed, or the first line of a pipe.

    Raises:
        InputError: it is empty.
    """
    return _not_empty(text.encode(), "What was typed")


def new_password(
    *, file: Path | None, words: Sequence[str] | None, ask: Callable[[], str] | None, client_id: str
) -> VaultPassword:
    """A password that takes another's place: from a file, a command, or a person.

    Raises:
        InputError: two sources, none, or an empty password.
    """
    if file is not None and words is not None:
        raise InputError("A new vault password from a file and from a command", cure="Name one of them.")
    if file is not None:
        return read_password_file(file.expanduser(), client_id=client_id)
    if words is not None:
        return run_password_command(words, cwd=None)
    if ask is None:
        raise InputError(
            "A new vault password is needed, and nobody can be asked here",
            cure="Name a file that holds it: --new-vault-password-file FILE",
        )
    return typed_password(ask())


def _not_empty(content: bytes, source: str) -> VaultPassword:
    password = content.strip()
    if not password:
        raise InputError(f"{source} gives an empty password", cure="A vault password has at least one character.")
    return VaultPassword(password)
