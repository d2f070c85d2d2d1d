"""Whether the site's secrets could be opened now, without asking anybody."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundplane.errors import InputError
from groundplane.overview.model import VaultState
from groundplane.site.secrets.password_agent import agent_socket, ask_agent

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class VaultLook:
    """How it stands; `values` where they could be opened."""

    state: VaultState
    told: str = ""
    cure: str = ""
    values: Mapping[str, Any] | None = field(default=None, repr=False)


def password_stamp(place: str, path: Path, *, override: Path | None, runtime: Path) -> str:
    """What tells whether the password is still the one that was there, without opening anything; empty: it isn't there.

    Args:
        place: Judgement.password.
    """
    kind, _, what = place.partition(":")
    try:
        if override is None and kind == "agent":
            return kind if ask_agent(agent_socket(runtime, path)) is not None else ""
        if override is None and kind != "file":
            return ""
        file = override if override is not None else Path(what)
        status = file.stat()
    except OSError:
        return ""
    return f"{file}:{status.st_size}:{status.st_mtime_ns}"


def open_quietly(path: Path, *, override: Path | None, runtime: Path) -> VaultLook:
    """Opens the secrets where a file or the agent gives the password.

    A command of the site's isn't run: it may be a password manager that waits for a person.

    Args:
        override: Settings.vault_password_file.
        runtime: Settings.runtime.
    """
    from groundplane.site.loading import read_site_file  # noqa: PLC0415 - takes time, and is often not needed
    from groundplane.site.secrets.opening import site_password  # noqa: PLC0415
    from groundplane.site.secrets.store import read_secrets, secrets_file  # noqa: PLC0415

    try:
        file = read_site_file(path)
    except InputError:
        return VaultLook(VaultState.UNASKED, "site.yml has to be right first")
    if not secrets_file(path).is_file():
        return VaultLook(VaultState.NO_SECRETS, "secrets.yml is not there", "groundplane secrets init")
    if override is None and file.vault.password_file is None and file.vault.password_command is not None:
        return VaultLook(VaultState.UNASKED, f"{file.vault.password_command[0]} gives the vault password")
    try:
        password = site_password(path, file, override=override, runtime=runtime)
    except InputError as error:
        return VaultLook(VaultState.LOCKED, error.what, error.cure)
    try:
        return VaultLook(VaultState.OPEN, values=read_secrets(path, password))
    except InputError as error:
        return VaultLook(VaultState.WRONG, error.what, error.cure)
