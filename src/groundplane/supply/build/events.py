"""What happens during a build, as those who watch it are told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


class BuildEventKind(StrEnum):
    """What happened; the keys of `data` in brackets."""

    BUILD_STARTED = "build_started"
    """[images: those to build in their order, up_to_date: how many are there, expected: image to seconds, parallel]"""
    PREPARING = "preparing"
    """[name]: something that several images wait for is made, such as Python wheels."""
    PREPARED = "prepared"
    """[name, seconds]"""
    IMAGE_STARTED = "image_started"
    """[log, why]"""
    IMAGE_STEP = "image_step"
    """[step, steps, text]: a Dockerfile's step began."""
    IMAGE_BUILT = "image_built"
    """[seconds]: built, not stored yet; images that stand on it may begin."""
    IMAGE_STORED = "image_stored"
    """[seconds, bytes, stored_bytes, packages, digest]: whole in the store, recorded."""
    IMAGE_FAILED = "image_failed"
    """[reason, lines, log]"""
    IMAGE_HELD_BACK = "image_held_back"
    """[reason]"""
    NOTE = "note"
    """[text]"""
    BUILD_FINISHED = "build_finished"
    """[state, seconds, built, up_to_date, failed, held_back]"""


@dataclass(frozen=True, slots=True)
class BuildEvent:
    kind: BuildEventKind
    image: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


class BuildWatcher(Protocol):
    """Told of each event, always by the same thread."""

    def see(self, event: BuildEvent) -> None: ...

    def close(self) -> None: ...
