"""When the engine is killed: moments drawn by a seed, and how far a chain of runs has come.

A moment is said in parts of the work rather than in seconds, so that a seed means the same on a fast machine and on a
slow one.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.e2e.faults.records import Work

LAST = 0.95
"""Of the whole work: a moment later than this might come when everything is done."""
SHARES = {"bootstrap": 13, "supply": 7, "ceph": 9, "openstack": 61, "identity": 8, "platform": 2}
"""Layer to its per cent of the steps' time in a lab's whole apply, so that moments aren't crowded into short steps."""


class Kind(StrEnum):
    PLANNING = "planning"
    """Some seconds after the command was typed: it reads the site, asks the hosts, takes the lock."""
    BEGINNING = "beginning"
    """Within the first seconds of a step."""
    BETWEEN = "between"
    """Anywhere in what follows."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When to kill.

    Attributes:
        number: from 1.
        after: not before this part of the whole work is done; means nothing while planning.
        delay: seconds from then, or from the next step's beginning, or from the command.
        pause: seconds until the next command is typed.
    """

    number: int
    kind: Kind
    after: float
    delay: float
    pause: float

    def __str__(self) -> str:
        where = {
            Kind.PLANNING: f"{self.delay:.1f} s after the command",
            Kind.BEGINNING: f"{self.delay:.1f} s into the next step after {self.after:.0%} of the work",
            Kind.BETWEEN: f"{self.delay:.1f} s after {self.after:.0%} of the work",
        }[self.kind]
        return f"kill {self.number}, {where}"


_DELAYS = {Kind.PLANNING: (0.2, 8.0), Kind.BEGINNING: (0.0, 3.0), Kind.BETWEEN: (0.0, 15.0)}
_PAUSES = (0.0, 5.0)


def draw_moments(seed: int, count: int = 20) -> list[Moment]:
    """As many moments in their order, one in each of `count` equal parts of the work.

    A fifth of them while planning, two fifths at the beginning of a step, the rest anywhere.
    """
    dice = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    kinds = [Kind.PLANNING] * (count // 5) + [Kind.BEGINNING] * (2 * count // 5)
    kinds += [Kind.BETWEEN] * (count - len(kinds))
    dice.shuffle(kinds)
    return [
        Moment(
            number=number + 1,
            kind=kind,
            after=(number + dice.random()) / count * LAST,
            delay=dice.uniform(*_DELAYS[kind]),
            pause=dice.uniform(*_PAUSES),
        )
        for number, kind in enumerate(kinds)
    ]


def done_part(planned: Iterable[tuple[str, str]], chain: Iterable[Work]) -> float:
    """How much of the work is done, from 0 to 1; each layer has its share, and its steps on hosts are alike.

    Args:
        planned: all (step, host) of the whole.
        chain: what the runs so far have done.
    """
    wanted = set(planned)
    done = {(work.step, work.host) for work in chain if work.done} & wanted
    of_layer = Counter(_layer(step) for step, _ in wanted)
    weights = {layer: SHARES.get(layer, 1) / count for layer, count in of_layer.items()}
    whole = sum(SHARES.get(layer, 1) for layer in of_layer)
    return sum(weights[_layer(step)] for step, _ in done) / whole if whole else 0.0


def steps_left(planned: Iterable[tuple[str, str]], chain: Iterable[Work]) -> set[str]:
    """The steps that aren't done everywhere yet."""
    done = {(work.step, work.host) for work in chain if work.done}
    return {step for step, _ in set(planned) - done}


def _layer(step: str) -> str:
    return step.partition(".")[0]
