"""What can go wrong, said once: what, where, why and what next.

Every error that a person may meet derives from `GroundplaneError` and carries the exit code that the
command line answers with. Nothing below the command line prints or exits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a file; `line` and `column` count from 1."""

    file: Path
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line is not None else str(self.file)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the input, and how to put it right."""

    what: str
    cure: str
    place: Place | None = None

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place is not None else ""
        return f"{where}{self.what}\n  {self.cure}"


class GroundplaneError(Exception):
    """The base of all errors shown to a person: `what` happened, `why`, the `cure` to try next; `problems` where
    there are several.
    """

    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        what: str,
        *,
        why: str = "",
        cure: str = "",
        place: Place | None = None,
        problems: tuple[Problem, ...] = (),
    ) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.cure = cure
        self.place = place
        self.problems = problems


class FailedError(GroundplaneError):
    """The work was started and did not succeed (exit code 1)."""


class InputError(GroundplaneError):
    """What the person gave can't be used; nothing was touched (exit code 2)."""

    exit_code: ClassVar[int] = 2


class LockedError(GroundplaneError):
    """Somebody else holds the site's lock (exit code 3)."""

    exit_code: ClassVar[int] = 3


class CancelledError(GroundplaneError):
    """A person stopped the run (exit code 4)."""

    exit_code: ClassVar[int] = 4
