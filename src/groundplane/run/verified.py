"""When a layer counts as verified.

One run made all of the layer's checks, on all of its hosts, and all were good. A run that left something out (steps,
hosts, a check by --skip) can't say that; what it found wrong counts all the same. Of several runs the newest that says
something of the layer counts.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from groundplane.run.events import WorkState

if TYPE_CHECKING:
    from collections.abc import Iterable

COMMAND = "verify"
_WRONG = (WorkState.FAILED, WorkState.UNREACHABLE)


def verify_plan(whole: Iterable[str]) -> str:
    """What the journal keeps as the plan of a verification: the layers of which nothing is left out."""
    return json.dumps({"whole": list(whole)})


def said_of_layers(plan: str, steps: Iterable[tuple[str, str]]) -> dict[str, bool]:
    """Layer to whether it is as it should be, where this verification says it.

    Args:
        plan: as `verify_plan` wrote it; runs of earlier versions have none, and nobody knows what they left out.
        steps: the run's checks, LAYER.NAME, each with its state.
    """
    whole = json.loads(plan)["whole"] if plan else ()
    layers: dict[str, list[str]] = {}
    for step, state in steps:
        layers.setdefault(step.partition(".")[0], []).append(state)
    said: dict[str, bool] = {}
    for layer, states in layers.items():
        if any(state in _WRONG for state in states):
            said[layer] = False
        elif layer in whole and all(state == WorkState.DONE for state in states):
            said[layer] = True
    return said
