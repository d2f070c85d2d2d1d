"""How a step stands, as drawings show it; who draws doesn't have to know plans or journals."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class StepState(StrEnum):
    """The order is the legend's."""

    UP_TO_DATE = "up_to_date"
    TO_DO = "to_do"
    FAILED = "failed"
    NEVER = "never"
    APPLIED = "applied"
    """Applied, and nobody compared it with today's configuration."""


@dataclass(frozen=True, slots=True)
class StepMark:
    """A state, and in a few words what it means here: "3 of 4 hosts"."""

    state: StepState
    text: str = ""


WORDS = {
    StepState.UP_TO_DATE: "up to date",
    StepState.TO_DO: "to do",
    StepState.FAILED: "failed",
    StepState.NEVER: "never applied",
    StepState.APPLIED: "applied, not compared",
}
SYMBOLS = {
    StepState.UP_TO_DATE: "✔",
    StepState.TO_DO: "●",
    StepState.FAILED: "✘",
    StepState.NEVER: "○",
    StepState.APPLIED: "✔",
}
"""So that no drawing hangs on its colours alone."""
