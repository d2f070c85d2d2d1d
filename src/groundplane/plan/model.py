"""A plan: which steps would run on which hosts, and why. Also what a receipt and a probe's answer are."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - pydantic needs it at run time
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ReasonKind(StrEnum):
    """Why a step would run on a host."""

    NEVER_APPLIED = "never_applied"
    FAILED_LAST_TIME = "failed_last_time"
    INTERRUPTED = "interrupted"
    INPUTS_CHANGED = "inputs_changed"
    CONTENT_CHANGED = "content_changed"
    RELEASE_CHANGED = "release_changed"
    LACKING = "lacking"
    """images.lock doesn't name these images yet, so they are built."""
    DRIFT = "drift"
    UNPROVEN = "unproven"
    """Applied, but the state that it left could not be read afterwards."""
    FORCED = "forced"


class Reason(Frozen):
    """One reason. `details` name the variables, files or items; a secret is only ever named."""

    kind: ReasonKind
    details: tuple[str, ...] = ()


class Fingerprint(Frozen):
    """What a step's work on one host depends on; values are short digests, keyed so that none can be guessed back."""

    inputs: dict[str, str] = Field(default_factory=dict, description="Variable to digest of its value.")
    content: dict[str, str] = Field(default_factory=dict, description="File, relative to its root, to digest.")
    release: str = ""
    digest: str = Field(description="Digest over all of the above.")


class Receipt(Frozen):
    """What a step left behind when it succeeded on a host."""

    step: str
    host: str
    run: str
    applied_at: datetime
    fingerprint: Fingerprint
    state: dict[str, str] | None = Field(
        default=None, description="Watched item to its value right after the step; null where it could not be read."
    )


class Attempt(Frozen):
    """How the last attempt of a step on a host ended, where it did not end well."""

    step: str
    host: str
    run: str
    outcome: ReasonKind
    summary: str = ""


class HostProbe(Frozen):
    """What one quick question found on a host."""

    host: str
    reachable: bool
    user: str | None = Field(default=None, description="The account that could log in.")
    error: str = ""
    seconds: float = 0.0
    steps: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="Step id to its watched items and their values now."
    )
    containers: dict[str, str] = Field(
        default_factory=dict, description="Kolla's containers to the folder of their configuration below /etc/kolla."
    )


class HostAction(StrEnum):
    RUN = "run"
    UP_TO_DATE = "up_to_date"
    UNREACHABLE = "unreachable"


class PlannedHost(Frozen):
    """What would happen to one host in one step."""

    host: str
    action: HostAction
    reasons: tuple[Reason, ...] = ()
    fingerprint: Fingerprint


class PlannedStep(Frozen):
    """One step of a plan. Steps of one `wave` may run side by side."""

    step: str
    description: str
    wave: int
    hosts: tuple[PlannedHost, ...]

    def hosts_to_run(self) -> tuple[str, ...]:
        return tuple(host.host for host in self.hosts if host.action is HostAction.RUN)


class Leftover(Frozen):
    """Containers on a host that the site doesn't ask for there any more. A plan names them; steps don't remove any."""

    step: str = Field(description="The step that brought them.")
    host: str
    containers: tuple[str, ...]


class Plan(Frozen):
    """A whole plan. `steps` are in the graph's order."""

    format: int = 1
    site: str
    release: str
    created_at: datetime
    selection: tuple[str, ...] = Field(default=(), description="Layers and steps that were asked for; empty is all.")
    limit: str | None = None
    probed: bool
    site_digest: str = Field(description="Digest of all fingerprints and reasons: a stale plan has another one today.")
    steps: tuple[PlannedStep, ...]
    unreachable: dict[str, str] = Field(default_factory=dict, description="Host to the reason, where a probe failed.")
    leftovers: tuple[Leftover, ...] = ()

    def has_work(self) -> bool:
        return any(step.hosts_to_run() for step in self.steps)
