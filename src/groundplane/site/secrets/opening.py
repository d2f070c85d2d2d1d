"""Finding the password and opening the secrets, in one call."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from groundplane.site.secrets.password import VaultPassword, find_vault_password
from groundplane.site.secrets.password_agent import agent_socket
from groundplane.site.secrets.store import read_secrets

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from groundplane.site.model import SiteFile


@dataclass(frozen=True, slots=True)
class OpenedSecrets:
    """The password and what it opened; neither shows itself."""

    password: VaultPassword
    values: dict[str, Any] = field(repr=False)


def site_password(
    site_path: Path, site_file: SiteFile, *, override: Path | None, runtime: Path, ask: Callable[[], str] | None = None
) -> VaultPassword:
    """The site's vault password.

    `override` is Settings.vault_password_file, `runtime` Settings.runtime; `ask` is called where nothing else gives
    the password and a person is there.

    Raises:
        InputError: nothing gives it.
    """
    return find_vault_password(
        site_file.vault,
        site_name=site_file.name,
        override=override,
        agent_socket=agent_socket(runtime, site_path),
        site_path=site_path,
        ask=ask,
    )


def open_secrets(
    site_path: Path, site_file: SiteFile, *, override: Path | None, runtime: Path, ask: Callable[[], str] | None = None
) -> OpenedSecrets:
    """The site's secrets, opened; arguments as for `site_password`.

    Raises:
        InputError: no password, a wrong one, or no secrets that can be read.
    """
    password = site_password(site_path, site_file, override=override, runtime=runtime, ask=ask)
    return OpenedSecrets(password, read_secrets(site_path, password))
