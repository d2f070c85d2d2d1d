"""What became of a build."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from groundplane.counting import counted
from groundplane.errors import CancelledError, FailedError

if TYPE_CHECKING:
    from pathlib import Path

    from groundplane.errors import GroundplaneError
    from groundplane.supply.model import ImageRecord


class ImageState(StrEnum):
    UP_TO_DATE = "up_to_date"
    BUILT = "built"
    FAILED = "failed"
    HELD_BACK = "held_back"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ImageOutcome:
    """What became of one image.

    Attributes:
        record: where it's up to date or built.
        error: where it failed.
        reason: why it was held back.
        log: what its build printed, where there was one.
    """

    name: str
    identity: str
    tag: str
    state: ImageState
    record: ImageRecord | None = None
    error: GroundplaneError | None = None
    reason: str = ""
    log: Path | None = None


@dataclass(frozen=True, slots=True)
class BuildResult:
    """All images of a build, parents first; `seconds` is the whole time, the looking included."""

    images: tuple[ImageOutcome, ...]
    seconds: float
    cancelled: str = ""
    """Why it was stopped; empty where it wasn't."""

    def of(self, *states: ImageState) -> tuple[ImageOutcome, ...]:
        return tuple(image for image in self.images if image.state in states)

    @property
    def records(self) -> dict[str, ImageRecord]:
        """Short name to record of every image that is there now."""
        return {image.name: image.record for image in self.images if image.record is not None}

    def raise_unless_done(self) -> None:
        """Turns what went wrong into an error.

        Raises:
            CancelledError: somebody stopped it.
            FailedError: an image failed; says which, its last lines, and where its log is.
        """
        there = len(self.records)
        if self.cancelled:
            raise CancelledError(
                f"The build was stopped with {there} of {counted(len(self.images), 'image')} done",
                why=self.cancelled,
                cure="Call it again: it goes on with what is missing.",
            )
        failed = self.of(ImageState.FAILED)
        if not failed:
            return
        held = self.of(ImageState.HELD_BACK)
        first = failed[0]
        names = ", ".join(image.name for image in failed)
        behind = f"; {counted(len(held), 'image')} held back: {', '.join(image.name for image in held)}" if held else ""
        parts = []
        for image in failed:
            if image.error is not None:
                said = "\n".join(part for part in (image.error.what, image.error.why) if part)
                parts.append(said if len(failed) == 1 else f"{image.name}: {said}")
        cures = [image.error.cure for image in failed if image.error is not None and image.error.cure]
        logs = [f"Read {image.log}" for image in failed if image.log is not None]
        raise FailedError(
            f"{first.name} was not built{behind}" if len(failed) == 1 else f"Not built: {names}{behind}",
            why="\n".join(parts),
            cure="\n    ".join(dict.fromkeys([*cures, *logs])),
        )
