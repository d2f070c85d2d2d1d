"""How a site stands, as plain data."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from groundplane.lab.quick_look import LabLook
    from groundplane.run.events import Failure
    from groundplane.run.lock import Holder


class LayerState(StrEnum):
    """How a step or a layer stands; the worst first. The words are those of `groundplane status`."""

    RUNNING = "running"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    CHANGED = "changed"
    """The site wants something else than what was applied."""
    NEVER = "never applied"
    APPLIED = "applied"
    """Nobody could compare it with what the site wants today."""
    UP_TO_DATE = "up to date"


def worst(states: Iterable[LayerState]) -> LayerState:
    """Of none: never applied."""
    return min(states, key=list(LayerState).index, default=LayerState.NEVER)


class VaultState(StrEnum):
    OPEN = "open"
    """The password is at hand, and opens the secrets."""
    UNASKED = "not asked"
    """A command of the site's gives the password; it may ask a person, so it isn't run for a look."""
    LOCKED = "locked"
    """Nothing gives the password now."""
    WRONG = "wrong"
    """Something is wrong with the password, or with what it should open."""
    NO_SECRETS = "missing"
    """There is no secrets.yml."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in the site's files, as `groundplane validate` tells it."""

    what: str
    cure: str = ""
    file: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """When a layer was verified last, as a whole, or something of it was found wrong."""

    at: datetime
    good: bool
    run: str
    stale: bool = False
    """Something of the layer was applied since."""


@dataclass(frozen=True, slots=True)
class LayerView:
    """One layer. `steps` are its steps by their short names, each with the worst state of its hosts."""

    name: str
    steps: Mapping[str, LayerState] = field(default_factory=dict)
    applied_at: datetime | None = None
    """The newest success of one of its steps."""
    checked: Checked | None = None

    @property
    def state(self) -> LayerState:
        """The worst of its steps."""
        return worst(self.steps.values())

    def named(self, state: LayerState) -> tuple[str, ...]:
        return tuple(step for step, found in self.steps.items() if found is state)


@dataclass(frozen=True, slots=True)
class RunView:
    """A run of the journal; `state` is one of RunState's values."""

    id: str
    command: str
    state: str
    holder: str
    began: datetime
    ended: datetime | None
    reason: str = ""
    dry: bool = False
    failures: tuple[Failure, ...] = ()

    @property
    def shown_command(self) -> str:
        return f"{self.command} --check" if self.dry and self.command != "verify" else self.command


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is that goes on: steps."""

    done: int
    whole: int
    now: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Overview:
    """How a site stands.

    Attributes:
        checked: the files were checked, so that no problem means valid.
        compared: what was applied was compared with what the site wants today.
        not_compared: why it wasn't.
        unpinned: hosts whose keys nobody has pinned yet.
        lacking: images that images.lock lacks, and apply builds.
        images_due: layers whose images are wanted from elsewhere, while images.lock is missing.
        resumable: the run of apply with which --resume would go on, and whether the site still wants what it planned.
        entries_written: people's clouds.yaml has the site's entries.
        notes: what could not be looked at, and why.
    """

    path: Path
    name: str = ""
    release: str = ""
    layers: tuple[LayerView, ...] = ()
    checked: bool = False
    problems: tuple[Problem, ...] = ()
    vault: VaultState = VaultState.OPEN
    vault_told: str = ""
    vault_cure: str = ""
    compared: bool = False
    not_compared: str = ""
    unpinned: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    images_due: tuple[str, ...] = ()
    last: RunView | None = None
    resumable: tuple[str, bool] | None = None
    at_work: Holder | None = None
    progress: Progress | None = None
    lab: LabLook | None = None
    entries_written: bool = False
    notes: tuple[str, ...] = ()

    def layer(self, name: str) -> LayerView | None:
        return next((layer for layer in self.layers if layer.name == name), None)

    def in_state(self, state: LayerState) -> tuple[LayerView, ...]:
        return tuple(layer for layer in self.layers if layer.state is state)


@dataclass(frozen=True, slots=True)
class NextCommand:
    """The one command that makes most sense now."""

    words: str
    reason: str

    def of_site(self, given: str) -> NextCommand:
        """As it is typed where the site was named on the command line."""
        rest = self.words.removeprefix("groundplane")
        if rest.startswith(" lab "):
            return self
        return NextCommand(f"groundplane -C {shlex.quote(given)}{rest}", self.reason)


def as_data(overview: Overview, following: NextCommand) -> dict[str, Any]:
    """For programs; times are ISO 8601."""
    last, work, lab = overview.last, overview.at_work, overview.lab
    return {
        "site": {"name": overview.name, "release": overview.release, "path": str(overview.path)},
        "valid": not overview.problems if overview.checked or overview.problems else None,
        "problems": [
            {"what": one.what, "cure": one.cure, "file": one.file or None, "line": one.line}
            for one in overview.problems
        ],
        "secrets": overview.vault.value,
        "compared": overview.compared,
        "layers": {
            layer.name: {
                "state": layer.state.value,
                "steps": {step: state.value for step, state in layer.steps.items()},
                "applied_at": _iso(layer.applied_at),
                "verified_at": _iso(layer.checked.at) if layer.checked else None,
                "verified": layer.checked.good if layer.checked else None,
                "applied_since_verified": layer.checked.stale if layer.checked else None,
            }
            for layer in overview.layers
        },
        "last_run": None
        if last is None
        else {
            "run": last.id,
            "command": last.command,
            "state": last.state,
            "reason": last.reason,
            "holder": last.holder,
            "started_at": _iso(last.began),
            "finished_at": _iso(last.ended),
            "check": last.dry,
            "failures": [
                {"step": one.step, "host": one.host, "task": one.task, "reason": one.reason} for one in last.failures
            ],
        },
        "at_work": None
        if work is None
        else {
            "run": work.run,
            "holder": work.holder,
            "since": work.since,
            "steps_done": overview.progress.done if overview.progress else None,
            "steps": overview.progress.whole if overview.progress else None,
        },
        "lab": None if lab is None else {"name": lab.name, "nodes": lab.nodes, "running": lab.running},
        "not_pinned": list(overview.unpinned),
        "images_to_build": list(overview.lacking),
        "images_missing_for": list(overview.images_due),
        "notes": list(overview.notes),
        "next": {"command": following.words, "reason": following.reason},
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
