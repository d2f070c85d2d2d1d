"""Who does the engine's work: what it calls, and what it expects of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from groundplane.layers.model import Step
    from groundplane.plan.model import Fingerprint
    from groundplane.run.ansible import Playbook
    from groundplane.run.ansible_events import Tell
    from groundplane.run.outcome import PlaybookOutcome

Renew = Callable[[], Mapping[tuple[str, str], "Fingerprint"]]
"""Reads what images.lock says by now; step and host to the fingerprints with that, of the whole plan."""
ReadState = Callable[[str, Sequence[str]], Mapping[str, Mapping[str, str] | None]]
"""Step and hosts to each host's watched items right now; None where they couldn't be read."""


class Act(Protocol):
    """Runs the action of a step that has no playbook; `alone` says whether no step works on hosts right now."""

    def __call__(
        self,
        step: Step,
        hosts: Sequence[str],
        *,
        tell: Tell,
        say: Callable[[str], None],
        alone: Callable[[], bool],
    ) -> PlaybookOutcome: ...


class HandOver(Protocol):
    """Plays a step with what other layers hand over to it; returns what the next plan compares, too."""

    def __call__(
        self,
        step: Step,
        hosts: Sequence[str],
        *,
        say: Callable[[str], None],
        play: Callable[[Mapping[str, Any]], PlaybookOutcome],
    ) -> tuple[PlaybookOutcome, Mapping[str, str]]: ...


class PlayService(Protocol):
    """Plays a service of Kolla's; `play` runs a playbook that it has made."""

    def __call__(
        self,
        step: Step,
        hosts: Sequence[str],
        *,
        handed: Mapping[str, Any],
        play: Callable[[Playbook], PlaybookOutcome],
        action: str,
    ) -> PlaybookOutcome: ...
