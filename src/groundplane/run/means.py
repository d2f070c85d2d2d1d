"""What any run works with, be it a plan, a check or an operation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from groundplane.run.redaction import Redactor, secret_strings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from groundplane.machine.cancel import CancelToken
    from groundplane.run.events import Watcher
    from groundplane.run.journal.store import Journal
    from groundplane.runtime.model import Runtime
    from groundplane.ssh.connection import SshConnection


@dataclass(frozen=True, slots=True)
class Means:
    """Made by whoever begins a run, and gone with it.

    Attributes:
        secrets: opened, so that none of them is shown; `vault_password` opens them for Ansible.
        memory: Settings.runtime; `holder` Settings.holder.
        watchers: are told what happens.
        cancel: looked at all the time.
    """

    journal: Journal
    runtime: Runtime
    connection: SshConnection
    secrets: Mapping[str, Any] = field(repr=False)
    vault_password: bytes = field(repr=False)
    memory: Path
    holder: str
    watchers: Sequence[Watcher]
    cancel: CancelToken

    def redactor(self) -> Redactor:
        """Knows all that mustn't show."""
        return Redactor({*secret_strings(self.secrets), self.vault_password.decode(errors="replace")})
