"""How long each layer of a lab took, from its site's journal."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from groundplane.errors import GroundplaneError
from groundplane.run.events import WorkState
from groundplane.run.journal.store import read_journal
from groundplane.run.story import critical_path
from groundplane.run.verified import COMMAND, said_of_layers
from groundplane.site.state import state_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from groundplane.run.journal.models import RunRow, RunStepRow
    from groundplane.run.journal.store import Journal

APPLY = "apply"
BUILDS = ("supply.ceph_build", "supply.build")
PUSHES = ("supply.ceph_images", "supply.images")
PULLS = ("supply.ceph_pull", "supply.pull")
"""Steps that build images, bring them into the site's registry, and from there to the hosts."""
_RUNS = 500
Span = tuple["datetime", "datetime"]


@dataclass(frozen=True, slots=True)
class LayerTime:
    """One layer; seconds.

    Attributes:
        applied: while at least one of its steps was at work, each step's latest success counting once.
        verified: the same of the latest verification of the whole layer; None where there was none.
        built, pushed, pulled: of `applied`, what images took: making them, into the registry, to the hosts.
    """

    layer: str
    applied: float
    verified: float | None = None
    built: float = 0
    pushed: float = 0
    pulled: float = 0


@dataclass(frozen=True, slots=True)
class Times:
    """What a deployment took.

    Attributes:
        run: the run that did most of it.
        seconds: the length of that run.
        critical_path: its steps on whose length the run's came, with their seconds, first to last.
        verified: layer to the run that verified it, where it still counts (run.verified) and nothing of the layer was
            applied since.
    """

    layers: tuple[LayerTime, ...] = ()
    run: str = ""
    seconds: float = 0
    critical_path: tuple[tuple[str, float], ...] = ()
    verified: Mapping[str, str] = field(default_factory=dict)

    def in_order(self, layers: Sequence[str]) -> Times:
        """The layers as the site names them; what it names no more comes last."""
        place = {layer: number for number, layer in enumerate(layers)}
        return replace(self, layers=tuple(sorted(self.layers, key=lambda one: place.get(one.layer, len(place)))))

    @property
    def applied(self) -> frozenset[str]:
        """Layers of which something was applied."""
        return frozenset(layer.layer for layer in self.layers)

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        return {
            "layers": {
                layer.layer: {
                    "applied": round(layer.applied, 1),
                    "built": round(layer.built, 1),
                    "pushed": round(layer.pushed, 1),
                    "pulled": round(layer.pulled, 1),
                    "verified": round(layer.verified, 1) if layer.verified is not None else None,
                }
                for layer in self.layers
            },
            "run": self.run or None,
            "seconds": round(self.seconds, 1),
            "critical_path": [{"step": step, "seconds": round(seconds, 1)} for step, seconds in self.critical_path],
        }


@dataclass(slots=True)
class _Passes:
    """The latest pass of each step, by step."""

    spans: dict[str, Span] = field(default_factory=dict)

    def add(self, steps: Iterable[RunStepRow]) -> None:
        for row in steps:
            if row.state == WorkState.DONE and row.started_at is not None and row.finished_at is not None:
                self.spans.setdefault(row.step, (row.started_at, row.finished_at))

    def of_layer(self, layer: str) -> list[Span]:
        return [span for step, span in self.spans.items() if step.partition(".")[0] == layer]

    def of_steps(self, layer: str, steps: Iterable[str]) -> float:
        """Of those of the steps that are the layer's."""
        return together(self.spans[step] for step in steps if step in self.spans and step.partition(".")[0] == layer)


def read_times(site: Path, name: str) -> Times:
    """From the journal in the site's state folder; nothing where there is none, or it can't be read."""
    try:
        journal = read_journal(state_folder(site), name)
    except GroundplaneError:
        return Times()
    try:
        return times_of(journal)
    except GroundplaneError:
        return Times()
    finally:
        journal.close()


def times_of(journal: Journal) -> Times:
    """Raises FailedError: the journal can't be read."""
    applied, verified = _Passes(), _Passes()
    said: dict[str, tuple[bool, RunRow]] = {}
    longest: tuple[RunRow, Sequence[RunStepRow]] | None = None
    most = 0
    for run in journal.runs(_RUNS):
        if run.command == COMMAND:
            checks = journal.steps(run.id)
            for layer, good in said_of_layers(run.plan, ((row.step, row.state) for row in checks)).items():
                said.setdefault(layer, (good, run))
                if good and not verified.of_layer(layer):
                    verified.add(row for row in checks if row.step.partition(".")[0] == layer)
        if run.command != APPLY or run.dry:
            continue
        rows = journal.steps(run.id)
        applied.add(rows)
        done = sum(row.state == WorkState.DONE for row in rows)
        if done > most:
            longest, most = (run, rows), done
    layers = tuple(
        LayerTime(
            layer,
            together(applied.of_layer(layer)),
            together(spans) if (spans := verified.of_layer(layer)) else None,
            built=applied.of_steps(layer, BUILDS),
            pushed=applied.of_steps(layer, PUSHES),
            pulled=applied.of_steps(layer, PULLS),
        )
        for layer in dict.fromkeys(step.partition(".")[0] for step in _by_begin(applied.spans))
    )
    counts = _still_verified(journal, said)
    if longest is None:
        return Times(layers, verified=counts)
    run, steps = longest
    ended = max((row.finished_at for row in steps if row.finished_at is not None), default=run.started_at)
    return Times(layers, run.id, (ended - run.started_at).total_seconds(), _path(steps), counts)


def _still_verified(journal: Journal, said: Mapping[str, tuple[bool, RunRow]]) -> dict[str, str]:
    applied: dict[str, datetime] = {}
    for (step, _), receipt in journal.receipts().items():
        layer = step.partition(".")[0]
        applied[layer] = max(receipt.applied_at, applied.get(layer, receipt.applied_at))
    return {
        layer: run.id
        for layer, (good, run) in said.items()
        if good and applied.get(layer, run.started_at) <= run.started_at
    }


def together(spans: Iterable[Span]) -> float:
    """Seconds in which at least one of the spans was going on."""
    seconds, until = 0.0, None
    for begin, end in sorted(spans):
        if until is None or begin > until:
            seconds += (end - begin).total_seconds()
            until = end
        elif end > until:
            seconds += (end - until).total_seconds()
            until = end
    return seconds


def _path(steps: Sequence[RunStepRow]) -> tuple[tuple[str, float], ...]:
    rows = {row.step: row for row in steps}
    found = []
    for step in critical_path(steps):
        row = rows[step]
        if row.started_at is not None and row.finished_at is not None:
            found.append((step, (row.finished_at - row.started_at).total_seconds()))
    return tuple(found)


def _by_begin(spans: Mapping[str, Span]) -> list[str]:
    return sorted(spans, key=lambda step: spans[step][0])
