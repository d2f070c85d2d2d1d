"""How a playbook ended, host by host."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from groundplane.run.events import WorkState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SILENT_AFTERWARDS = "it didn't answer after the work, so nobody knows how it stands"


@dataclass(slots=True)
class HostOutcome:
    """One host's part; counts are tasks."""

    state: WorkState = WorkState.WAITING
    ok: int = 0
    changed: int = 0
    failed: int = 0
    skipped: int = 0
    task: str = ""
    """The task that failed, or the last one."""
    reason: str = ""
    """One line."""


@dataclass(frozen=True, slots=True)
class PlaybookOutcome:
    """`error` says in a line what was wrong with the playbook as a whole, where something was."""

    hosts: Mapping[str, HostOutcome]
    seconds: float = 0.0
    error: str = ""
    cancelled: bool = False
    timed_out: bool = False
    exit_code: int = 0
    tasks: int = field(default=0)

    def succeeded(self) -> tuple[str, ...]:
        return tuple(host for host, outcome in self.hosts.items() if outcome.state is WorkState.DONE)

    def without(self, gone: Iterable[str]) -> PlaybookOutcome:
        """The outcome where these hosts did all of it, and then nobody answered there.

        What a host lost with its power, or with its disk, isn't known; to call it done would hide that.
        """
        lost = {
            host: replace(self.hosts[host], state=WorkState.UNREACHABLE, task="", reason=SILENT_AFTERWARDS)
            for host in gone
        }
        return replace(self, hosts={**self.hosts, **lost})
